import { InputError, shown, written } from "../input-error.js";

import { profileOfRelease } from "../linux/kernel-release.js";
import { linuxProfile, type LinuxProfile } from "../linux/profile.js";

/**
 * Steps of a free-list recording, one JSON object per line; pfns are relative to `base_pfn`
 * (docs/check.md).
 */
export interface FreeListStep {
  readonly i: number;
  readonly op: string;
  /** First slot. */
  readonly s?: number;
  /** Type letter of an allocation. */
  readonly t?: string;
  readonly o?: number;
  /** First pfn and pages of a range. */
  readonly p?: number;
  readonly n?: number;
  /** Mode of a page or a contig call. */
  readonly m?: number;
  /** What the kernel answered; only its shape is used. */
  readonly r?: number | readonly number[];
  readonly z?: number;
  readonly mib?: number;
  readonly batch?: number;
  readonly high?: number;
  readonly wm?: readonly number[];
  readonly plugged?: readonly (readonly [number, number])[];
  readonly mig?: readonly (readonly [number, number])[];
  readonly after?: FreeListDump;
}

/** The zone as it was after a step. */
export interface FreeListDump {
  readonly start: number;
  readonly wm: readonly number[];
  readonly reserve: readonly number[];
  readonly L?: Readonly<Record<string, readonly number[]>>;
  readonly pb?: string;
  readonly free?: number;
  readonly nf?: readonly number[];
}

export interface FreeListMeta {
  readonly node: number;
  readonly basePfn: number;
  /** As uname or /proc/version prints it; undefined where the recording does not say. */
  readonly kernel?: string | undefined;
}

/** What the model says of one step, in the notation of the recording. */
export interface FreeListAnswer {
  i: number;
  r?: number | number[];
  mig?: [number, number][];
  after?: { L: Record<string, number[]>; pb: string; free: number; nf: number[] };
}

/** A recording that cannot be read, or a step that makes no sense. */
export class RecordingError extends InputError {
  constructor(message: string) {
    super(message);
    this.name = "RecordingError";
  }
}

const NEEDS: Readonly<Record<string, readonly (keyof FreeListStep)[]>> = {
  zone: ["z"],
  online_kernel: ["p", "n"],
  online_movable: ["p", "n"],
  offline: ["p", "n"],
  a: ["s", "t", "o", "r"],
  f: ["s", "r"],
  c: ["s", "p", "n"],
  p: ["s", "m"],
  i: ["p", "n"],
  u: ["p", "n"],
  ut: ["s", "r"],
  uf: ["s", "r"],
  up: ["s", "r"],
  uthp: ["s", "r"],
  upin: ["s"],
  unpin: [],
  l: [],
  W: ["wm"],
  q: ["batch", "high"],
  x: [],
  added: ["n"],
  request: ["mib"],
};

/**
 * Reads the steps of `steps.jsonl`.
 *
 * @throws RecordingError that names the line, the field and the rule.
 */
export function parseFreeListSteps(text: string): FreeListStep[] {
  const steps: FreeListStep[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    steps.push(parseStep(line, index + 1));
  }
  if (steps.length === 0) throw new RecordingError("steps.jsonl must hold at least one step");
  return steps;
}

function parseStep(line: string, number: number): FreeListStep {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch (cause) {
    throw new RecordingError(`steps.jsonl line ${number} must be JSON: ${String(cause)}`);
  }
  const where = `steps.jsonl line ${number}`;
  const step = (parsed ?? {}) as FreeListStep;
  if (!Number.isInteger(step.i)) {
    throw new RecordingError(`${where} must be an object with a step number i`);
  }
  const needs = Object.hasOwn(NEEDS, step.op) ? NEEDS[step.op] : undefined;
  if (needs === undefined) {
    const known = Object.keys(NEEDS).join(", ");
    throw new RecordingError(`${where}: op must be one of ${known}, got ${written(step.op)}`);
  }
  for (const field of needs) {
    if (step[field] === undefined) {
      throw new RecordingError(`${where}: op ${step.op} needs ${field}`);
    }
  }
  assertShape(where, step, STEP_SHAPE);
  if (step.after !== undefined) assertShape(`${where}: after`, step.after, DUMP_SHAPE);
  return step;
}

type Shape<T> = Readonly<
  Partial<Record<keyof T, readonly [holds: (value: unknown) => boolean, rule: string]>>
>;

/** Pfns and their differences: what the page table has room for. */
const LARGEST = 2 ** 32;
/** A step that answers for more pages than a guest of 16 TiB has is none. */
const MOST_RESULTS = 2 ** 22;

const isWhole = (value: unknown): boolean =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= LARGEST;
const isInteger = (value: unknown): boolean => Number.isSafeInteger(value);
const isListOf =
  (holds: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.length <= MOST_RESULTS && value.every(holds);
const isPair = (value: unknown): boolean => isListOf(isInteger)(value) && hasTwo(value);
const hasTwo = (value: unknown): boolean => (value as readonly unknown[]).length === 2;
const isText = (value: unknown): boolean => typeof value === "string";
const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;

const WHOLE = [isWhole, `a whole number from 0 to ${LARGEST}`] as const;
const WHOLES = [isListOf(isWhole), "a list of whole numbers"] as const;
const PAIRS = [isListOf(isPair), "a list of pairs of whole numbers"] as const;

const STEP_SHAPE: Shape<FreeListStep> = {
  s: WHOLE,
  t: [isText, "a text"],
  o: WHOLE,
  p: WHOLE,
  n: WHOLE,
  m: WHOLE,
  z: WHOLE,
  mib: WHOLE,
  batch: WHOLE,
  high: WHOLE,
  wm: WHOLES,
  plugged: PAIRS,
  mig: PAIRS,
  r: [
    (value) => isInteger(value) || isListOf(isInteger)(value),
    "a whole number or a list of them",
  ],
  after: [isObject, "an object"],
};

const DUMP_SHAPE: Shape<FreeListDump> = {
  start: WHOLE,
  wm: WHOLES,
  reserve: WHOLES,
  L: [
    (value) => isObject(value) && Object.values(value as object).every(isListOf(isInteger)),
    "lists of pfns by migratetype and order",
  ],
  pb: [isText, "a text"],
  free: WHOLE,
  nf: WHOLES,
};

/** Keys that a dump cannot do without. */
const DUMP_NEEDS: readonly (keyof FreeListDump)[] = ["start", "wm", "reserve"];

function assertShape<T extends object>(where: string, value: T, shape: Shape<T>): void {
  for (const [field, [holds, rule]] of Object.entries(shape) as [
    keyof T & string,
    readonly [(value: unknown) => boolean, string],
  ][]) {
    const found: unknown = value[field];
    const isNeeded = shape === (DUMP_SHAPE as unknown) && DUMP_NEEDS.includes(field as never);
    if (found === undefined && !isNeeded) continue;
    if (!holds(found)) {
      throw new RecordingError(`${where}: ${field} must be ${rule}, got ${shown(found)}`);
    }
  }
}

/** Base pfn of recordings whose meta.json does not name one: 4 GiB. */
const USUAL_BASE_PFN = 2 ** 20;

/**
 * Reads `node`, `base_pfn` and `kernel` of `meta.json`; node 1 and 4 GiB where they are absent.
 *
 * @throws RecordingError that names the field and the rule.
 */
export function parseFreeListMeta(text: string): FreeListMeta {
  let meta: { node?: unknown; base_pfn?: number; kernel?: unknown };
  try {
    meta = JSON.parse(text) as typeof meta;
  } catch (cause) {
    throw new RecordingError(`meta.json must be JSON: ${String(cause)}`);
  }
  if (typeof meta !== "object" || (meta as unknown) === null) {
    throw new RecordingError(`meta.json must be an object, got ${shown(meta)}`);
  }
  const { node = 1, base_pfn: basePfn = USUAL_BASE_PFN } = meta;
  if (node !== 0 && node !== 1) throw new RecordingError(`meta.json: node must be 0 or 1`);
  if (!isWhole(basePfn) || basePfn % 32768 !== 0 || basePfn < 262144) {
    throw new RecordingError(
      `meta.json: base_pfn must be a multiple of 32768 from 262144 to 2^32, got ${shown(basePfn)}`,
    );
  }
  return { node, basePfn, kernel: releaseOf(meta.kernel) };
}

/** `Linux 6.1.0-56-amd64 Debian 6.1.192-2` or as /proc/version has it. */
function releaseOf(kernel: unknown): string | undefined {
  if (kernel === undefined || kernel === null) return undefined;
  const release =
    typeof kernel === "string" ? /^Linux (?:version )?(\S+)/.exec(kernel)?.[1] : undefined;
  if (release === undefined) {
    throw new RecordingError(`meta.json: kernel must begin with "Linux RELEASE"`);
  }
  return release;
}

/**
 * The profile of the kernel whose free lists were recorded; v6.1 where the recording does not name
 * it.
 */
export function recordedProfile({ kernel }: FreeListMeta): LinuxProfile {
  const found = kernel === undefined ? undefined : profileOfRelease(kernel);
  return linuxProfile(found?.profile ?? "v6.1");
}
