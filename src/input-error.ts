/**
 * Marks errors that say what is wrong with what a caller gave: a file, an option, a value. All
 * others that leave the package are bugs of it. A symbol of the registry, so that the mark holds
 * across copies of the package, realms and threads.
 */
const INPUT = Symbol.for("virtio-mem-engine.input-error");

/**
 * An input cannot be used. The message names it, the rule that it breaks and what was found;
 * nothing was changed.
 */
export class InputError extends Error {
  /**
   * Made by this package; callers catch it.
   *
   * @param message - what must be, and what was found.
   * @param options - As of `Error`: the `cause`.
   */
  constructor(message: string, options?: ErrorOptions) {
    super(messageOf(message), options);
    marked(this);
  }
}

/**
 * An argument or option breaks its rule. The message names it, the rule and what was found; nothing
 * was changed.
 */
export function optionError(message: string, options?: ErrorOptions): RangeError {
  return marked(new RangeError(messageOf(message), options));
}

/** An argument or option is of another type than it must be. */
export function optionTypeError(message: string, options?: ErrorOptions): TypeError {
  return marked(new TypeError(messageOf(message), options));
}

/**
 * Marks an error as one of an input. For classes of their own; see {@link InputError} and {@link
 * optionError}.
 */
export function marked<T extends Error>(error: T): T {
  return Object.defineProperty(error, INPUT, { value: true });
}

/** Does the error say what is wrong with an input? Else it is a bug, or comes from elsewhere. */
export function isInputError(error: unknown): error is Error {
  return error instanceof Error && INPUT in error;
}

/** Characters of a message: what it repeats of an input can be megabytes. */
const MAX_MESSAGE = 1000;

/** What a message may be: nothing in it does anything to a terminal, and it is short. */
export function messageOf(message: string): string {
  const visible = visibleText(message.slice(0, MAX_MESSAGE));
  return message.length > MAX_MESSAGE ? `${visible}...` : visible;
}

/** Characters of a value that a message repeats. */
const MAX_SHOWN = 60;

/**
 * A text as a message shows it where it stands without quotes: without control characters,
 * shortened.
 */
export function shortened(text: string): string {
  const visible = visibleText(text.slice(0, MAX_SHOWN));
  return text.length > MAX_SHOWN ? `${visible}...` : visible;
}

/**
 * A value as JavaScript writes it, shortened and without control characters. Never throws, whatever
 * the value does.
 */
export function written(value: unknown): string {
  try {
    const text = value instanceof Error ? value.message : String(value);
    return text.startsWith("[object ") ? "an object" : shortened(text);
  } catch {
    return "something that cannot be written";
  }
}

/**
 * A value as a message shows it: on one line, without control characters, shortened. Never throws.
 */
export function shown(value: unknown): string {
  return shortened(wordsOf(value));
}

function wordsOf(value: unknown): string {
  try {
    if (typeof value === "string") return JSON.stringify(value.slice(0, MAX_SHOWN + 1));
    if (typeof value === "function") return "a function";
    if (Array.isArray(value)) return `an array of ${value.length}`;
    if (value instanceof Error) return value.message;
    if (typeof value === "object" && value !== null) return "an object";
    return String(value);
  } catch {
    return "something that cannot be shown";
  }
}

/**
 * What a terminal or a viewer would obey rather than show: C0 and C1 control characters, direction
 * marks, line separators.
 */
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/**
 * The text with control characters written as escapes, `\u001b` for instance, so that showing it
 * does nothing else.
 */
export function visibleText(text: string): string {
  return text.replace(
    CONTROL,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
