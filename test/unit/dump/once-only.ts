/** Remembers what was made of each argument. */
export function onceOnly<A, T>(make: (argument: A) => T): (argument: A) => T {
  const made = new Map<A, T>();
  return (argument) => {
    const known = made.get(argument);
    if (known !== undefined) return known;
    const value = make(argument);
    made.set(argument, value);
    return value;
  };
}
