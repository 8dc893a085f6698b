import { optionError, optionTypeError, shown } from "./input-error.js";
import { nearName } from "./near-name.js";

/**
 * What an option may be: a test of its value, and the rule in words, `a whole number` for instance.
 */
export interface OptionRule {
  readonly holds: (value: unknown) => boolean;
  readonly words: string;
  /** Is it a number? Another number then breaks its range, and not its type. */
  readonly isNumber?: boolean;
  /** Rules of the parts, where the option is an object. */
  readonly parts?: OptionRules;
}

/**
 * A rule for each option of an object. Give it the type `Record<keyof Options, OptionRule>`, so
 * that none can be forgotten.
 */
export type OptionRules = Readonly<Record<string, OptionRule>>;

export const ANYTHING: OptionRule = { holds: () => true, words: "anything" };
export const TEXT: OptionRule = { holds: (value) => typeof value === "string", words: "a text" };
export const FLAG: OptionRule = {
  holds: (value) => typeof value === "boolean",
  words: "true or false",
};
export const FUNCTION: OptionRule = {
  holds: (value) => typeof value === "function",
  words: "a function",
};
export const OBJECT: OptionRule = {
  holds: (value) => typeof value === "object" && value !== null,
  words: "an object",
};
export const LIST: OptionRule = { holds: Array.isArray, words: "a list" };
export const SIZE: OptionRule = {
  holds: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  words: "a whole number of bytes >= 0",
  isNumber: true,
};
export const WHOLE: OptionRule = {
  holds: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  words: "a whole number >= 0",
  isNumber: true,
};
export const NUMBER: OptionRule = {
  holds: (value) => typeof value === "number" && Number.isFinite(value),
  words: "a number",
  isNumber: true,
};

/** An AbortSignal, of whichever realm. */
export const SIGNAL: OptionRule = {
  holds: (value) =>
    typeof value === "object" &&
    value !== null &&
    typeof (value as AbortSignal).aborted === "boolean" &&
    typeof (value as AbortSignal).throwIfAborted === "function",
  words: "an AbortSignal",
};

export function oneOf(values: readonly unknown[]): OptionRule {
  return {
    holds: (value) => values.includes(value),
    words: `one of ${values.join(", ")}`,
    isNumber: values.some((value) => typeof value === "number"),
  };
}

export function objectOf(parts: OptionRules): OptionRule {
  return { ...OBJECT, parts };
}

export function either(...rules: readonly OptionRule[]): OptionRule {
  return {
    holds: (value) => rules.some(({ holds }) => holds(value)),
    words: rules.map(({ words }) => words).join(" or "),
    isNumber: rules.some(({ isNumber }) => isNumber === true),
  };
}

/**
 * Checks options before anything is done with them. One that is not known is refused, with the near
 * name: a misspelled option would otherwise change the answer without a word. `undefined` counts as
 * left out.
 *
 * @param what - what the options are of, for messages: `options of predict()`.
 * @throws TypeError for what is no object and for a value of another type than the rule has;
 * RangeError for an unknown name and a value of the right type that breaks the rule.
 */
export function assertOptions(what: string, options: unknown, rules: OptionRules): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw optionTypeError(`${what} must be an object, got ${shown(options)}`);
  }
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) throw unknownOption(what, name, Object.keys(rules));
    if (value === undefined) continue;
    if (!rule.holds(value)) {
      const words = `${name} must be ${rule.words}, got ${shown(value)}`;
      const isOfType = typeof value === "number" && rule.isNumber === true;
      throw isOfType ? optionError(words) : optionTypeError(words);
    }
    if (rule.parts !== undefined) assertOptions(name, value, rule.parts);
  }
}

function unknownOption(what: string, name: string, known: readonly string[]): RangeError {
  const near = nearName(name.slice(0, 40), known);
  const hint = near === undefined ? `known are ${known.join(", ")}` : `did you mean ${near}?`;
  return optionError(`${what} must have known names only, got ${shown(name)}: ${hint}`);
}
