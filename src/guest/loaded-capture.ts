import type { Capture } from "../capture/capture.js";
import { hasReferences } from "../capture/references.js";
import { PAGE_SIZE, type Doubt } from "../core/abi.js";
import type { CoreImage } from "../core/core-image.js";
import { PageMemory } from "../core/page-memory.js";
import type { LinuxProfile } from "../linux/profile.js";
import { ZoneTable } from "../linux/zone-table.js";
import { pluggedRuns } from "./captured-blocks.js";
import { adoptCaches, adoptZones, classifyZones } from "./captured-zones.js";
import { markBalloon, noteCounters } from "./counters.js";
import { adoptKernelLists, keepsCaches } from "./kernel-lists.js";
import { loadPages } from "./load-pages.js";
import { memmapsOf } from "./memmaps.js";
import type { CapturedGuestOptions } from "./options.js";
import { contradictionsOf } from "./self-check.js";
import { contradictionsWithLog } from "./self-check-of-guest.js";

/** One of the guests that a capture may be of. */
export interface GuestSample {
  /** 1 to 2^32 - 1; 0: nothing turns out otherwise. */
  readonly seed: number;
  /** How likely pageblocks turn out otherwise, 0 to 1, by kind of doubt; 0 where it is not said. */
  readonly chances: ReadonlyMap<Doubt, number>;
  /**
   * As if the device's memory had come online in ZONE_MOVABLE: what the kernel holds lies in boot
   * memory. Default: false.
   */
  readonly isKernelOut?: boolean;
  /** How likely each anonymous page is pinned, 0 to 1, though nothing shows it. Default: 0. */
  readonly pinChance?: number;
}

/**
 * The pages of a captured guest in a core, before it is decided which of them are held: what takes
 * long, done once. Guests begin from here, one at a time: each sets back what the one before has
 * done, which must not be used any more.
 */
export class LoadedCapture {
  readonly capture: Capture;
  readonly pages: PageMemory;
  /** Pageblocks with struct pages of the device's sections, by the section's address. */
  readonly memmaps: ReadonlyMap<number, number>;
  /** Bytes that are plugged. */
  readonly pluggedSize: number;
  /** Where the capture contradicts itself, in words. */
  readonly contradictions: readonly string[];
  readonly #zones: ZoneTable;
  #image: CoreImage | undefined;
  #isUsed = false;

  private constructor(
    capture: Capture,
    pages: PageMemory,
    zones: ZoneTable,
    found: Pick<LoadedCapture, "memmaps" | "contradictions">,
  ) {
    this.capture = capture;
    this.pages = pages;
    this.memmaps = found.memmaps;
    const runs = pluggedRuns(capture, pages);
    this.pluggedSize = runs.reduce((sum, [, nr]) => sum + nr, 0) * capture.device.blockSize;
    this.contradictions = [
      ...found.contradictions,
      ...contradictionsWithLog(capture, this.pluggedSize),
    ];
    this.#zones = zones;
  }

  /**
   * In phases of which each needs the one before: zones, page flags, the memmaps of added memory,
   * pages without flags.
   *
   * @throws CaptureError if the capture contradicts itself or ends early.
   */
  static async load(
    capture: Capture,
    profile: LinuxProfile,
    options: CapturedGuestOptions = {},
  ): Promise<LoadedCapture> {
    const pages = await PageMemory.create(endOf(capture) / PAGE_SIZE, profile.mm, options.core);
    const zones = ZoneTable.of(pages, profile.mm);
    adoptZones(capture, zones);
    noteCounters(capture, pages, zones, profile);
    const survey = await loadPages(capture, pages, zones, options);
    markBalloon(capture, pages);
    const memmaps = memmapsOf(capture, pages);
    if (!hasReferences(capture)) classifyZones(capture, pages, zones);
    if (keepsCaches(capture)) adoptKernelLists(capture, pages, zones);
    else if (options.keepCaches === true) adoptCaches(capture, pages, zones);
    const contradictions = contradictionsOf(capture, pages, zones, survey);
    return new LoadedCapture(capture, pages, zones, { memmaps, contradictions });
  }

  /** Bytes of the core's memory that the guest uses. */
  get size(): number {
    return this.pages.memoryUse().bytes;
  }

  /** From now on guests can begin more than once; takes a copy of the core's memory. */
  keep(): void {
    if (this.#isUsed) throw new Error("a loaded capture must be kept before its first guest");
    this.#image ??= this.pages.image();
  }

  /** The core as it was loaded, for one guest; the zones of that guest. */
  begin(): ZoneTable {
    if (this.#isUsed && this.#image === undefined) {
      throw new Error("a loaded capture that is not kept is good for one guest");
    }
    if (this.#isUsed) this.#image?.restore();
    this.#isUsed = true;
    return this.#zones.copy();
  }
}

/** Where the guest's physical memory ends, in bytes. */
function endOf({ device, memoryBlocks, memoryBlockSize }: Capture): number {
  const endOfBlocks = Math.max(...memoryBlocks.map(({ id }) => id + 1), 0);
  return Math.max(device.regionStart + device.regionSize, endOfBlocks * memoryBlockSize);
}
