import { Doubt } from "../core/abi.js";
import type {
  Distributions,
  DoubtName,
  Evidence,
  RecordedGuest,
  ShortageError,
  TurnedShare,
} from "./learned.js";

/**
 * Reads what was learned from recordings: lines of words, each with its subject first.
 *
 * - `recordings KERNEL NAME...`: boots that were learned from
 * - `turned EVIDENCE KIND KERNEL GUESTS SUBBLOCKS TURNED MEAN LIKENESS`, a {@link TurnedShare}
 * - `short EVIDENCE GUESTS QUANTILE...`, a {@link ShortageError}
 * - `guest KERNEL SHARE...`, a {@link RecordedGuest}; shares of 0 at the end are left out
 *
 * Lines of any other subject are comments.
 */
export function parseDistributions(text: string): Distributions {
  const lines = text.split("\n").map((line) => line.trim().split(/\s+/));
  const of = (subject: string): string[][] =>
    lines.flatMap(([first, ...words]) => (first === subject ? [words] : []));
  return {
    recordings: Object.fromEntries(
      of("recordings").map(([kernel = "", ...names]) => [kernel, names]),
    ),
    shares: of("turned").map(turnedShare),
    shortage: of("short").map(shortageError),
    guests: of("guest").map(recordedGuest),
  };
}

function turnedShare([evidence, kind, kernel = "", ...numbers]: readonly string[]): TurnedShare {
  const [guests = 0, subblocks = 0, turned = 0, mean = 0, likeness = 0] = numbers.map(Number);
  return {
    evidence: evidenceOf(evidence),
    kind: kindOf(kind),
    kernel,
    guests,
    subblocks,
    turned,
    mean,
    likeness,
  };
}

function shortageError([evidence, guests, ...quantiles]: readonly string[]): ShortageError {
  return {
    evidence: evidenceOf(evidence),
    guests: Number(guests),
    quantiles: quantiles.map(Number),
  };
}

function recordedGuest([kernel = "", ...shares]: readonly string[]): RecordedGuest {
  return { kernel, shares: shares.map(Number) };
}

function evidenceOf(word = ""): Evidence {
  if (word === "flags" || word === "references") return word;
  throw new Error(`evidence must be flags or references, got ${word}`);
}

function kindOf(word = ""): DoubtName {
  if (Object.hasOwn(Doubt, word)) return word as DoubtName;
  throw new Error(`a kind of doubt must be one of ${Object.keys(Doubt).join(", ")}, got ${word}`);
}
