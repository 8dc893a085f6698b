import type { SubblockRange } from "./unplug-policy.js";

/** Isolation of subblocks, so that the page allocator keeps out of them. */
export interface SubblockIsolation {
  /** `false` where a page forbids it; nothing has changed then. */
  tryIsolate(id: number, subblock: number): boolean;
  release(id: number, subblock: number): void;
  /** Free pages in it. */
  freePages(id: number, subblock: number): number;
}

interface Subblock {
  readonly id: number;
  readonly subblock: number;
}

/**
 * The subblocks that a run wants to unplug, isolated beforehand: pages that have to move then go
 * where they can stay. Where there is no room left for them, subblocks are given up from the last
 * one on, and become room.
 */
export class PreIsolation {
  readonly #isolation: SubblockIsolation;
  /** In the order in which they will be tried. */
  readonly #kept = new Map<string, Subblock>();
  readonly #givenUp = new Set<string>();

  constructor(isolation: SubblockIsolation) {
    this.#isolation = isolation;
  }

  /**
   * Isolates the subblocks of a chunk that can be, up to `wanted` in all; the others stay as they
   * are. Returns `false` once that many are.
   */
  keep(chunk: SubblockRange, wanted: number): boolean {
    for (const subblock of subblocksOf([chunk])) {
      if (this.#kept.size >= wanted) return false;
      const key = keyOf(subblock);
      if (this.#kept.has(key)) continue;
      const { id, subblock: at } = subblock;
      if (this.#isolation.tryIsolate(id, at)) this.#kept.set(key, subblock);
    }
    return true;
  }

  /** Was a subblock of this chunk given up? */
  isGivenUp(chunk: SubblockRange): boolean {
    for (const subblock of subblocksOf([chunk])) {
      if (this.#givenUp.has(keyOf(subblock))) return true;
    }
    return false;
  }

  /** Is a subblock of this chunk isolated? */
  isKept(chunk: SubblockRange): boolean {
    for (const subblock of subblocksOf([chunk])) {
      if (this.#kept.has(keyOf(subblock))) return true;
    }
    return false;
  }

  /** Un-isolates a chunk: the caller is about to isolate and take it. */
  release(chunk: SubblockRange): void {
    for (const subblock of subblocksOf([chunk])) this.#release(subblock);
  }

  /**
   * Gives up subblocks until there is room for `pages` more pages.
   *
   * @returns `false` if none was left to give up.
   */
  makeRoom(pages: number): boolean {
    const last = [...this.#kept.values()].reverse();
    let room = 0;
    for (const subblock of last) {
      if (room >= pages) break;
      room += this.#isolation.freePages(subblock.id, subblock.subblock);
      this.#release(subblock);
      this.#givenUp.add(keyOf(subblock));
    }
    return last.length > 0;
  }

  releaseAll(): void {
    for (const subblock of this.#kept.values()) this.#release(subblock);
  }

  #release(subblock: Subblock): void {
    if (this.#kept.delete(keyOf(subblock))) {
      this.#isolation.release(subblock.id, subblock.subblock);
    }
  }
}

function* subblocksOf(chunks: Iterable<SubblockRange>): Generator<Subblock> {
  for (const { id, start, count } of chunks) {
    for (let subblock = start; subblock < start + count; subblock++) yield { id, subblock };
  }
}

function keyOf({ id, subblock }: Subblock): string {
  return `${id}:${subblock}`;
}
