import { PAGEBLOCK_PAGES } from "../core/abi.js";
import type { FlagSurvey } from "../core/flag-survey.js";
import { KernelError } from "../core/kernel-error.js";
import { PageLoader } from "../core/page-loader.js";
import type { PageMemory } from "../core/page-memory.js";
import type { ZoneTable } from "../linux/zone-table.js";
import type { Capture } from "../capture/capture.js";
import { CaptureError } from "../capture/capture-error.js";
import { PageStream } from "../capture/page-stream.js";
import { zoneRanges, type ZoneRange } from "../capture/zone-ranges.js";
import { keepsCaches } from "./kernel-lists.js";
import { referencesOf, type PageReferences } from "./page-references.js";
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
 * zone. Returns what they say by themselves, compared with the map counts where nothing else says
 * what references pages have.
 *
 * @throws CaptureError where the stream ends before the guest's memory does, or is broken.
 */
export async function loadPages(
  capture: Capture,
  pages: PageMemory,
  zones: ZoneTable,
  options: LoadOptions = {},
): Promise<FlagSurvey> {
  const flags = new PageStream(capture.pageFlags(), "kpageflags");
  const references = referencesOf(capture, pages.loader);
  const counts =
    capture.mapCounts === undefined ? undefined : new PageStream(capture.mapCounts(), "kpagecount");
  try {
    try {
      await loadRanges(capture, { flags, references, counts, pages, zones }, options);
    } catch (error) {
      // Damage that only the checksum shows explains flags that make no sense better than these do.
      if (error instanceof CaptureError) await flags.finish(options.signal);
      throw error;
    }
    // Neither is believed before its checksum was compared.
    await flags.finish(options.signal);
    await references?.finish(options.signal);
    await counts?.finish(options.signal);
    return pages.loader.endSurvey();
  } finally {
    await flags.leave();
    await references?.leave();
    await counts?.leave();
  }
}

interface LoadTarget {
  readonly flags: PageStream;
  readonly references: PageReferences | undefined;
  readonly counts: PageStream | undefined;
  readonly pages: PageMemory;
  readonly zones: ZoneTable;
}

async function loadRanges(
  capture: Capture,
  target: LoadTarget,
  options: LoadOptions,
): Promise<void> {
  const ranges = zoneRanges(capture);
  const allPages = ranges.reduce((sum, { startPfn, endPfn }) => sum + endPfn - startPfn, 0);
  let readPages = 0;
  for (const range of ranges) {
    for (let pfn = range.startPfn; pfn < range.endPfn; pfn += PageLoader.MAX_LOAD_PAGES) {
      options.signal?.throwIfAborted();
      const nrPages = Math.min(PageLoader.MAX_LOAD_PAGES, range.endPfn - pfn);
      const keepCaches = options.keepCaches === true || keepsCaches(capture);
      await loadPiece(range, pfn, nrPages, { ...target, keepCaches });
      readPages += nrPages;
      options.onProgress?.({ done: readPages, total: allPages, unit: "pages" });
    }
  }
}

async function loadPiece(
  range: ZoneRange,
  pfn: number,
  nrPages: number,
  to: LoadTarget & { readonly keepCaches: boolean },
): Promise<void> {
  const { flags, references, counts, pages, zones } = to;
  // the words go straight to where the core reads them: a capture has gigabytes of them
  await flags.readAll(pfn, nrPages, (words, at) => {
    pages.loader.stageFlags(words, at);
  });
  const counted = await counts?.read(pfn, nrPages, (words, at) => {
    pages.loader.stageExtended(words, at);
  });
  pages.loader.survey(pfn, nrPages, counted === nrPages);
  await references?.stage(pfn, nrPages);
  const zone = zones.zone(range.kind, range.node);
  try {
    pages.loader.loadStaged(pfn, nrPages, zone.id, {
      hasExtended: references !== undefined,
      inDevice: range.inDevice,
      keepCached: to.keepCaches,
    });
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    const where = `pages ${pfn} to ${pfn + nrPages - 1}`;
    const rule =
      "must be pages of an online memory block, got some that are no pages (KPF_NOPAGE) or flags that no page has: " +
      "was the guest being resized during the capture?";
    throw new CaptureError("kpageflags", where, rule, { cause: error });
  }
  if (range.inDevice) assertPresent(pages, pfn, nrPages);
}

/** A memory block that Linux has added has all its pages: only boot memory has holes. */
function assertPresent(pages: PageMemory, startPfn: number, nrPages: number): void {
  for (let pfn = startPfn; pfn < startPfn + nrPages; pfn += PAGEBLOCK_PAGES) {
    if (pages.zoneIndex(pfn) !== undefined) continue;
    const rule =
      "must be pages, since their memory block is online, got KPF_NOPAGE: was the guest being resized during the capture?";
    throw new CaptureError("kpageflags", `pages ${pfn} to ${pfn + PAGEBLOCK_PAGES - 1}`, rule);
  }
}
