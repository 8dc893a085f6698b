import type { JournalKind, PageClass } from "./abi.js";
import { check } from "./answer.js";
import type { Core } from "./load.js";

const ENTRY_WORDS = 3;

/** One entry of the migration journal. */
export interface Migration {
  readonly source: number;
  /** NO_PFN where there is none (split, dropped). */
  readonly target: number;
  readonly kind: JournalKind;
  readonly order: number;
  readonly pageClass: PageClass;
}

/** What migration did, entry by entry. */
export class MigrationJournal {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  /** Keeps a journal of migrations with room for `entries`. */
  open(entries: number): void {
    check(this.#core.journalOpen(entries), `open a journal of ${entries} entries`);
  }

  /** Entries since the last call, in order; the journal is empty afterwards. */
  take(): Migration[] {
    const noted = this.#core.journalNoted() >>> 0;
    if (noted > this.#core.journalSize() >>> 0) {
      throw new Error(`the journal has room for ${this.#core.journalSize()} entries, got ${noted}`);
    }
    const words = new Uint32Array(
      this.#core.memory.buffer,
      this.#core.journalAt() >>> 0,
      noted * ENTRY_WORDS,
    );
    const entries: Migration[] = [];
    for (let at = 0; at < words.length; at += ENTRY_WORDS) {
      const info = words[at + 2] ?? 0;
      entries.push({
        source: words[at] ?? 0,
        target: words[at + 1] ?? 0,
        kind: (info & 0xff) as JournalKind,
        order: (info >> 8) & 0xff,
        pageClass: (info >> 16) as PageClass,
      });
    }
    this.#core.journalClear();
    return entries;
  }
}
