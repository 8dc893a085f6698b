// Random numbers for a sample of a guest: equal seeds, equal guests (xorshift32).

let state: u32 = 1;

/** @param seed - not 0. */
export function seedDraws(seed: u32): void {
  state = seed;
}

export function draw(): u32 {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}
