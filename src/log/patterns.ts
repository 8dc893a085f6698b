import type { LogEntry } from "./entry.js";

/**
 * Longest pattern of entries that is recognised; what a driver does to one memory block is shorter.
 */
const MAX_PERIOD = 12;
/** Entries without a pattern are kept, and dropped, in pieces of this many. */
const PIECE_ENTRIES = 1024;

type Fields = Readonly<Record<string, unknown>>;

/**
 * How one entry of a pattern goes on from repetition to repetition, field by field in the order of
 * the entry.
 */
interface Course {
  readonly names: readonly string[];
  /** What the fields are at first. */
  readonly values: readonly unknown[];
  /** What is added each time; `undefined` where the field stays as it is. */
  readonly steps: readonly (number | undefined)[];
}

/**
 * Some entries that follow each other. With `courses` they are a pattern that repeats: entry i is
 * entry i modulo their number, its numeric fields advanced by as many steps.
 */
export interface LogPiece {
  /** Number of its first entry in the log. */
  readonly first: number;
  /** Entries that it stands for. */
  length: number;
  readonly entries: LogEntry[];
  readonly courses: readonly Course[] | undefined;
}

/**
 * Entries in order, in less memory than one object each: what repeats in equal steps, such as the
 * same few entries for memory block after memory block, is kept as one pattern and a count. Nothing
 * is lost by that; an entry that fits no pattern is kept as it is.
 */
export class LogPieces {
  /** Oldest first. */
  readonly pieces: LogPiece[] = [];
  /** Entries kept one by one, patterns counted by their length. */
  stored = 0;
  #length: number;
  /** By period: for how many entries each is one step on from the one a period ago, as that was. */
  readonly #streaks = new Uint32Array(MAX_PERIOD + 1);

  /** @param start - number of the first entry. */
  constructor(start = 0) {
    this.#length = start;
  }

  /** Entries ever added, those before the first one included. */
  get length(): number {
    return this.#length;
  }

  add(entry: LogEntry): void {
    const last = this.pieces.at(-1);
    if (last?.courses !== undefined && continues(last.courses, last.length, entry)) last.length++;
    else this.#addSingle(entry, last);
    this.#length++;
  }

  /** Forgets the oldest piece, unless it is the one being written; undefined where it is. */
  dropOldest(): LogPiece | undefined {
    if (this.pieces.length < 2) return undefined;
    const oldest = this.pieces.shift();
    if (oldest !== undefined) this.stored -= oldest.entries.length;
    return oldest;
  }

  /** The entries from number `start` on; with `type` only those. */
  *read(start: number, type?: LogEntry["type"]): Generator<LogEntry> {
    for (let at = this.#pieceOf(start); at < this.pieces.length; at++) {
      const piece = this.pieces[at];
      if (piece === undefined) return;
      for (let i = Math.max(0, start - piece.first); i < piece.length; i++) {
        const entry = piece.entries[i % piece.entries.length];
        if (entry === undefined || (type !== undefined && entry.type !== type)) continue;
        yield piece.courses === undefined ? entry : advanced(piece, i);
      }
    }
  }

  #addSingle(entry: LogEntry, last: LogPiece | undefined): void {
    let piece = last;
    if (piece?.courses !== undefined || piece === undefined || piece.length === PIECE_ENTRIES) {
      piece = { first: this.#length, length: 0, entries: [], courses: undefined };
      this.pieces.push(piece);
      this.#streaks.fill(0);
    }
    piece.entries.push(entry);
    piece.length++;
    this.stored++;
    const period = this.#periodOf(piece.entries);
    if (period !== undefined) this.#makePattern(piece, period);
  }

  /** The shortest pattern of which the last entries are three repetitions. */
  #periodOf(entries: readonly LogEntry[]): number | undefined {
    const end = entries.length - 1;
    let found: number | undefined;
    for (let period = 1; period <= MAX_PERIOD; period++) {
      const [now, before, first] = [entries[end], entries[end - period], entries[end - 2 * period]];
      if (now === undefined || before === undefined || first === undefined) break;
      const streak = isEvenStep(first, before, now) ? (this.#streaks[period] ?? 0) + 1 : 0;
      this.#streaks[period] = streak;
      if (streak >= period && found === undefined) found = period;
    }
    return found;
  }

  #makePattern(piece: LogPiece, period: number): void {
    const taken = piece.entries.splice(-3 * period);
    piece.length -= taken.length;
    this.stored -= taken.length - period;
    if (piece.length === 0) this.pieces.pop();
    const entries = taken.slice(0, period);
    this.pieces.push({
      first: piece.first + piece.length,
      length: taken.length,
      entries,
      courses: entries.map((entry, at) => courseOf(entry, taken[at + period] ?? entry)),
    });
    this.#streaks.fill(0);
  }

  /** Index of the piece with entry `start`, or of the first one after it. */
  #pieceOf(start: number): number {
    let low = 0;
    let high = this.pieces.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const piece = this.pieces[middle];
      if (piece !== undefined && piece.first + piece.length <= start) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Do three entries differ in numbers only, and by the same steps? */
function isEvenStep(first: LogEntry, second: LogEntry, third: LogEntry): boolean {
  if (first.type !== second.type || second.type !== third.type) return false;
  if (first.device !== second.device || second.device !== third.device) return false;
  const [a, b, c] = [first, second, third] as unknown as [Fields, Fields, Fields];
  for (const name in c) {
    const [x, y, z] = [a[name], b[name], c[name]];
    if (x === y && y === z) continue;
    if (typeof x !== "number" || typeof y !== "number" || typeof z !== "number") return false;
    if (y - x !== z - y) return false;
  }
  return true;
}

function courseOf(entry: LogEntry, next: LogEntry): Course {
  const [now, then] = [entry, next] as unknown as [Fields, Fields];
  const names = Object.keys(now);
  const steps = names.map((name) => {
    const [from, to] = [now[name], then[name]];
    return typeof from === "number" && typeof to === "number" ? to - from : undefined;
  });
  return { names, values: names.map((name) => now[name]), steps };
}

/**
 * Is this entry number `index` of the pattern? One with the same fields in another order does not
 * count.
 *
 * Every entry of a long run passes through here. `for in` it is because an engine knows where each
 * field lies that it goes to; by the names of the pattern it would have to look each of them up.
 */
function continues(courses: readonly Course[], index: number, entry: LogEntry): boolean {
  const at = index % courses.length;
  const times = (index - at) / courses.length;
  const course = courses[at];
  if (course === undefined) return false;
  const { names, values, steps } = course;
  const given = entry as unknown as Fields;
  let field = 0;
  for (const name in given) {
    if (name !== names[field]) return false;
    const step = steps[field];
    const expected = step === undefined ? values[field] : (values[field] as number) + times * step;
    if (given[name] !== expected) return false;
    field++;
  }
  return field === names.length;
}

/** Entry `index` of a pattern, as a new object. */
function advanced({ entries, courses }: LogPiece, index: number): LogEntry {
  const at = index % entries.length;
  const times = (index - at) / entries.length;
  const entry = { ...(entries[at] as unknown as Record<string, unknown>) };
  const course = courses?.[at];
  for (const [i, name] of (course?.names ?? []).entries()) {
    const step = course?.steps[i];
    if (step !== undefined) entry[name] = (entry[name] as number) + times * step;
  }
  return entry as unknown as LogEntry;
}
