import type { Capture, StructPages } from "../capture/capture.js";
import { CaptureError } from "../capture/capture-error.js";
import { PageStream } from "../capture/page-stream.js";
import type { PageLoader } from "../core/page-loader.js";

/** The reference counts of a capture, laid out for the core a piece at a time, ascending. */
export interface PageReferences {
  /** Lays out those of a piece whose page flags are laid out. */
  stage(startPfn: number, nrPages: number): Promise<void>;
  /** Reads on to the end. @throws CaptureError where they cannot be believed. */
  finish(signal?: AbortSignal): Promise<void>;
  /** Leaves the rest unread. */
  leave(): Promise<void>;
}

/** @returns undefined where the capture has none. */
export function referencesOf(capture: Capture, loader: PageLoader): PageReferences | undefined {
  if (capture.pageState !== undefined) return new RecordedState(capture.pageState(), loader);
  return capture.structPages && new StructPageState(capture.structPages, loader);
}

/** Extended page state as a recording has it. */
class RecordedState implements PageReferences {
  readonly #stream: PageStream;
  readonly #loader: PageLoader;

  constructor(pieces: AsyncIterable<Uint8Array>, loader: PageLoader) {
    this.#stream = new PageStream(pieces, "pgx");
    this.#loader = loader;
  }

  async stage(startPfn: number, nrPages: number): Promise<void> {
    await this.#stream.readAll(startPfn, nrPages, (words, at) => {
      this.#loader.stageExtended(words, at);
    });
  }

  finish(signal?: AbortSignal): Promise<void> {
    return this.#stream.finish(signal);
  }

  leave(): Promise<void> {
    return this.#stream.leave();
  }
}

/** Pages that changed between the two reads: more than this share, and the layout is wrong. */
const MOST_CHANGED_SHARE = 0.1;
const MOST_CHANGED_PAGES = 4096;

/** Struct pages of an exact capture. */
class StructPageState implements PageReferences {
  readonly #pages: StructPages;
  readonly #stream: PageStream;
  readonly #loader: PageLoader;
  #loaded = 0;
  #changed = 0;

  constructor(pages: StructPages, loader: PageLoader) {
    this.#pages = pages;
    this.#stream = new PageStream(pages.open(), pages.file, pages.layout.size);
    this.#loader = loader;
    loader.useStructPages(pages.layout);
  }

  async stage(startPfn: number, nrPages: number): Promise<void> {
    // struct pages lie where the flags are while they are decoded
    const flags = this.#loader.stagedFlags(nrPages);
    this.#loader.clearExtended(nrPages);
    const step = this.#loader.maxStructPages(this.#pages.layout);
    let before = 0;
    for (const run of this.#pages.runs) {
      const end = Math.min(startPfn + nrPages, run.startPfn + run.nrPages);
      for (let pfn = Math.max(startPfn, run.startPfn); pfn < end; pfn += step) {
        const nr = Math.min(step, end - pfn);
        await this.#stream.readAll(before + pfn - run.startPfn, nr, (bytes, at) => {
          this.#loader.stageStructPages(bytes, at);
        });
        this.#loader.decodeStructPages(pfn - startPfn, nr, pfn);
        this.#loaded += nr;
      }
      before += run.nrPages;
    }
    this.#loader.stageFlags(flags, 0);
    this.#changed += this.#loader.dropChangedPages(nrPages);
  }

  async finish(signal?: AbortSignal): Promise<void> {
    await this.#stream.finish(signal);
    const most = Math.max(MOST_CHANGED_PAGES, this.#loaded * MOST_CHANGED_SHARE);
    if (this.#changed <= most) return;
    throw new CaptureError(
      this.#pages.file,
      "",
      `must be of the same moment as kpageflags, got ${this.#changed} of ${this.#loaded} pages ` +
        "that are another's by their flags; without this file the capture is an ordinary one",
    );
  }

  leave(): Promise<void> {
    return this.#stream.leave();
  }
}
