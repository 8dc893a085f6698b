import type { OfflineLimitRule } from "../driver-profile.js";

/**
 * How much added memory may be offline: memory that stays offline must not eat up boot memory
 * with its memmap (docs/spec/driver.md, "Limit on offline memory").
 */
export class OfflineLimit {
  /** Added memory that is offline, in bytes; raised before memory is added. */
  offlineSize = 0;
  readonly #rule: OfflineLimitRule;
  readonly #limitSize: number;

  /** @param unitSize - bytes that are added at once. */
  constructor(rule: OfflineLimitRule, unitSize: number) {
    this.#rule = rule;
    this.#limitSize = rule.kind === "size" ? Math.max(rule.size, 2 * unitSize) : Infinity;
  }

  /** May `size` more bytes be added while `nrOffline` memory blocks are offline? */
  allows(size: number, nrOffline: number): boolean {
    if (this.#rule.kind === "memory-blocks") return nrOffline < this.#rule.count;
    return this.offlineSize + size <= this.#limitSize;
  }

  /** Is there, after a memory block went online, so much room again that adding is worth a run? */
  isWorthARun(nrOffline: number): boolean {
    if (this.#rule.kind === "memory-blocks") return nrOffline === this.#rule.count - 1;
    return this.offlineSize + this.#limitSize / 2 <= this.#limitSize;
  }
}
