import fc from "fast-check";

import { isInputError } from "../../src/input-error.js";
import { KernelError } from "../../src/core/kernel-error.js";
import { guardAgainstHangs, watched } from "./hang-guard.js";

// How a fuzzer of this folder runs, and what it takes for right: an input is answered, or refused
// by an error that says in words what is wrong with it, within 10 s and 512 MiB. What else an
// answer has to be, each fuzzer says itself.

const nightly = process.env.NIGHTLY === "1";
const given = process.env.FUZZ_SECONDS;

/** Seconds for each test: a minute for all of them in CI, ten minutes each with NIGHTLY=1. */
export const SECONDS = given !== undefined ? Number(given) : nightly ? 600 : 2;

/** Limit of a test in ms: the seconds, the last input, and looking for a smaller one that fails. */
export const FUZZ_TIMEOUT = SECONDS * 1000 + 120_000;

const MOST_CPU_MS = 10_000;
const MOST_BYTES = 512 * 2 ** 20;
/** Time to make what has failed smaller. */
const SHRINK_MS = 45_000;

/**
 * Plays inputs until the time is over. What fails is made smaller and shown with its seed and path;
 * `npm run fuzz -- --seed N` plays the same inputs again.
 */
export async function fuzz<T>(
  inputs: fc.Arbitrary<T>,
  play: (input: T) => Promise<void> | void,
): Promise<void> {
  guardAgainstHangs();
  const started = performance.now();
  let hasFailed = false;
  let played = 0;
  const property = fc.asyncProperty(inputs, async (input) => {
    const elapsed = performance.now() - started;
    if (!hasFailed && elapsed > SECONDS * 1000) return;
    if (hasFailed && elapsed > SECONDS * 1000 + SHRINK_MS) return;
    played++;
    try {
      await watched(
        () => fc.stringify(input),
        () => withinLimits(() => play(input)),
      );
    } catch (error) {
      hasFailed = true;
      throw error;
    }
  });
  // what is left when the time is over passes at once
  await fc.assert(property, { numRuns: SECONDS * 500, endOnFailure: false });
  const { seed } = fc.readConfigureGlobal();
  console.log(`${played} inputs in ${SECONDS} s, seed ${seed ?? "none"}`);
}

/** @throws Error where it takes more than an input of 64 MiB may. */
async function withinLimits(play: () => Promise<void> | void): Promise<void> {
  const before = process.cpuUsage();
  const sizeBefore = process.memoryUsage().rss;
  await play();
  const { user, system } = process.cpuUsage(before);
  const cpuMs = (user + system) / 1000;
  if (cpuMs > MOST_CPU_MS) throw new Error(`took ${Math.round(cpuMs)} ms`);
  // of one input: what garbage the ones before have left is theirs
  const grown = process.memoryUsage().rss - sizeBefore;
  if (grown > MOST_BYTES) throw new Error(`took ${Math.round(grown / 2 ** 20)} MiB`);
}

/** What came of an input. */
export type Outcome<T> =
  | { readonly kind: "answer"; readonly value: T }
  | { readonly kind: "refused"; readonly message: string };

/** @param mayBeForbidden - is a KernelError right, since the guest's state may forbid it? */
export async function outcomeOf<T>(
  doing: () => T | Promise<T>,
  mayBeForbidden = false,
): Promise<Outcome<T>> {
  try {
    return { kind: "answer", value: await doing() };
  } catch (error) {
    return refusalOf(error, mayBeForbidden);
  }
}

/** As {@link outcomeOf}, for what answers at once. */
export function outcomeOfSync<T>(doing: () => T, mayBeForbidden = false): Outcome<T> {
  try {
    return { kind: "answer", value: doing() };
  } catch (error) {
    return refusalOf(error, mayBeForbidden);
  }
}

function refusalOf(
  error: unknown,
  mayBeForbidden: boolean,
): { readonly kind: "refused"; readonly message: string } {
  const isRight = isInputError(error) || (mayBeForbidden && error instanceof KernelError);
  if (!isRight) {
    const stack = error instanceof Error ? error.stack : String(error);
    throw new Error(`not an error of an input: ${stack ?? ""}`, { cause: error });
  }
  assertWords(error.message);
  return { kind: "refused", message: error.message };
}

const MOST_CHARACTERS = 1100;
/** What JavaScript says of a mistake in the code: no message about an input. */
const NO_WORDS =
  /\[object |undefined is not|Cannot (?:read|destructure|convert)|is not (?:a function|iterable|defined)|call stack|Invalid array length/;

/** A message is short, shows no control characters, and is about the input. */
export function assertWords(message: string): void {
  const found = (what: string): never => {
    throw new Error(`a message must ${what}, got ${JSON.stringify(message.slice(0, 300))}`);
  };
  if (message.length > MOST_CHARACTERS) found("be short");
  if (message.trim() === "") found("say something");
  if (hasControl(message)) found("show control characters as escapes");
  if (NO_WORDS.test(message)) found("be about the input");
}

/** Control characters, but for the ends of lines. */
export function hasControl(text: string): boolean {
  // eslint-disable-next-line no-control-regex
  return /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/.test(text);
}
