import type { LogEntry } from "../log/event-log.js";
import { formatDuration, formatSize, NS_PER_MS, PAGE_SIZE } from "../units.js";

/** Where two runs first did something else. */
export interface Parting {
  /** Virtual milliseconds since boot, of whichever came first. */
  readonly atMs: number;
  /** What the first of the compared did then, in words; null: nothing more. */
  readonly first: string | null;
  /** What this one did. */
  readonly other: string | null;
}

/** Entries that are kept of the first run: later ones are not compared. */
const MOST_STEPS = 200_000;

interface Step {
  readonly atNs: number;
  readonly words: string;
}

/**
 * What a run did, step by step, for other runs to be compared with. What the driver decides and
 * what comes of it counts; looking at pages, and when a step was over, do not.
 */
export class Steps {
  readonly #steps: Step[] = [];

  note(entry: LogEntry): void {
    const step = stepOf(entry);
    if (step !== undefined && this.#steps.length < MOST_STEPS) this.#steps.push(step);
  }

  /** Where another run leaves this one; null where it never does. */
  partingOf(other: Steps): Parting | null {
    const steps = this.#steps;
    const at = steps.findIndex(({ words }, index) => words !== other.#steps[index]?.words);
    const from = at < 0 ? steps.length : at;
    const [own, theirs] = [steps[from], other.#steps[from]];
    if (own === undefined && theirs === undefined) return null;
    if (steps.length === MOST_STEPS && at < 0) return null;
    const atNs = Math.min(own?.atNs ?? Infinity, theirs?.atNs ?? Infinity);
    return {
      atMs: atNs / NS_PER_MS,
      first: own?.words ?? null,
      other: theirs?.words ?? null,
    };
  }
}

function stepOf(entry: LogEntry): Step | undefined {
  const words = wordsOf(entry);
  return words === undefined ? undefined : { atNs: entry.atNs, words };
}

/** Undefined for what says nothing that others do not. */
function wordsOf(entry: LogEntry): string | undefined {
  switch (entry.type) {
    case "requested-size":
      return `${formatSize(entry.size)} are requested`;
    case "request": {
      const { request, nbBlocks, offset, response } = entry;
      const range = nbBlocks === 0 ? "" : ` of ${nbBlocks} blocks at offset ${formatSize(offset)}`;
      return `${request}${range}: ${response}`;
    }
    case "contig": {
      const { startPfn, nrPages, stage, blockingClass } = entry;
      const page = blockingClass === undefined ? "" : `, blocked by ${blockingClass}`;
      const end = stage === "done" ? "taken" : `fails at stage ${stage}${page}`;
      return `attempt on ${formatSize(nrPages * PAGE_SIZE)} at pfn ${startPfn}: ${end}`;
    }
    case "shrink":
      return `${entry.nrPages} pages of ${entry.cache} dropped`;
    case "add-memory":
    case "remove-memory":
      return `${entry.type} of memory block ${entry.firstId}: ${entry.errno === 0 ? "done" : `errno ${-entry.errno}`}`;
    case "retry-armed":
      return "waits for its retry timer";
    default:
      return undefined;
  }
}

/** Where two runs part, in a sentence. */
export function partingWords(
  { atMs, first, other }: Parting,
  names: readonly [string, string],
): string {
  const [one, two] = names;
  return (
    `${two} first differs from ${one} at ${formatDuration(atMs)}: ${two} ${did(other)}; ` +
    `${one} ${did(first)}.`
  );
}

function did(words: string | null): string {
  return words === null ? "does nothing more" : `has "${words}"`;
}
