import { PageLoader } from "../core/page-loader.js";
import type { PageMemory } from "../core/page-memory.js";
import type { ZoneTable } from "../linux/zone-table.js";
import type { Capture } from "../capture/capture.js";
import { CaptureError } from "../capture/capture-error.js";
import { PageStream } from "../capture/page-stream.js";
import { zoneRanges, type ZoneRange } from "../capture/zone-ranges.js";
import type { FollowOptions } from "../progress.js";

/** How a capture is loaded; progress counts pages. */
export interface LoadOptions extends FollowOptions {
  /**
   * Keep pages in the per-CPU caches that they were in. Needs the extended page state. Default:
   * they count as free.
   */
  readonly keepCaches?: boolean | undefined;
}

/**
 * Streams the page flags of a capture into the core, a piece at a time, each pageblock into its
 * zone.
 *
 * @throws CaptureError where the stream ends before the guest's memory does, or is broken.
 */
export async function loadPages(
  capture: Capture,
  pages: PageMemory,
  zones: ZoneTable,
  options: LoadOptions = {},
): Promise<void> {
  const ranges = zoneRanges(capture);
  const flags = new PageStream(capture.pageFlags(), "kpageflags");
  const extended =
    capture.pageState === undefined ? undefined : new PageStream(capture.pageState(), "pgx");
  const allPages = ranges.reduce((sum, { startPfn, endPfn }) => sum + endPfn - startPfn, 0);
  let readPages = 0;
  for (const range of ranges) {
    for (let pfn = range.startPfn; pfn < range.endPfn; pfn += PageLoader.MAX_LOAD_PAGES) {
      options.signal?.throwIfAborted();
      const nrPages = Math.min(PageLoader.MAX_LOAD_PAGES, range.endPfn - pfn);
      const keepCaches = options.keepCaches === true;
      await loadPiece(range, pfn, nrPages, { flags, extended, pages, zones, keepCaches });
      readPages += nrPages;
      options.onProgress?.({ done: readPages, total: allPages, unit: "pages" });
    }
  }
}

async function loadPiece(
  range: ZoneRange,
  pfn: number,
  nrPages: number,
  to: {
    readonly flags: PageStream;
    readonly extended: PageStream | undefined;
    readonly pages: PageMemory;
    readonly zones: ZoneTable;
    readonly keepCaches: boolean;
  },
): Promise<void> {
  const { flags, extended, pages, zones } = to;
  await stagePiece(flags, "kpageflags", pfn, nrPages, (words, at) => {
    pages.loader.stageFlags(words, at);
  });
  if (extended !== undefined) {
    await stagePiece(extended, "pgx", pfn, nrPages, (words, at) => {
      pages.loader.stageExtended(words, at);
    });
  }
  const zone = zones.zone(range.kind, range.node);
  pages.loader.loadStaged(pfn, nrPages, zone.id, {
    hasExtended: extended !== undefined,
    inDevice: range.inDevice,
    keepCached: to.keepCaches,
  });
}

/** The words go straight to where the core reads them: a capture has gigabytes of them. */
async function stagePiece(
  stream: PageStream,
  file: string,
  pfn: number,
  nrPages: number,
  stage: (words: Uint8Array, at: number) => void,
): Promise<void> {
  const got = await stream.read(pfn, nrPages, stage);
  if (got === nrPages) return;
  throw new CaptureError(
    file,
    "length",
    `must reach pfn ${pfn + nrPages}, where the guest's online memory ends, got ${pfn + got} pages`,
  );
}
