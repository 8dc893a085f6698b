import type { Hold } from "../core/abi.js";
import { AllocFlag, JournalKind, Migratetype, PageClass } from "../core/abi.js";
import { KernelError } from "../core/kernel-error.js";
import { PageMemory } from "../core/page-memory.js";
import { Errno } from "../errno.js";
import { isInputError, shown } from "../input-error.js";
import { MEMMAP_ORDER } from "../linux/memmap.js";
import type { LinuxProfile } from "../linux/profile.js";
import { dumpOf } from "./free-list-dump.js";
import {
  RecordingError,
  type FreeListAnswer,
  type FreeListDump,
  type FreeListMeta,
  type FreeListStep,
} from "./free-list-recording.js";
import { ALLOCATIONS, RecordedAllocator } from "./recorded-allocation.js";
import { RecordedProcess } from "./recorded-process.js";
import { RecordedSubblocks } from "./recorded-subblocks.js";

const SECTION_PAGES = 32768;
const SUBBLOCK_PAGES = 512;
/**
 * Boot memory of the recorded guests: 1 GiB of another node, or of DMA32 where the guest has one
 * node.
 */
const BOOT_PAGES = 262144;
/** 4 TiB: recordings are of small guests, and the page table of a large one takes memory. */
const MOST_PAGES = 2 ** 30;
const JOURNAL_ENTRIES = 1 << 20;

type RecordedZone = 2 | 3;

/** Who holds pages, by the number that the script gave them. */
type Slot =
  | { kind: "pages"; type: string; order: number; pfn: number }
  | { kind: "contig"; pfn: number; pages: number };

/** Target rules of op `c`, by its mode. In this one requests ignore watermarks (PF_MEMALLOC). */
const BELOW_MARKS = 1;
const TARGET_FLAGS = [0, AllocFlag.NoWatermarks, AllocFlag.NoWatermarks | AllocFlag.ThisNode];

/**
 * Plays a free-list recording with the page core: the zone is empty before the first step. The
 * recorded answers are never read, except for how many there are, and for where the zone starts and
 * its marks.
 */
export class FreeListReplay {
  readonly memory: PageMemory;
  readonly #base: number;
  readonly #zones: Readonly<Record<RecordedZone, number>>;
  readonly #slots = new Map<number, Slot>();
  readonly #allocator: RecordedAllocator;
  readonly #process: RecordedProcess;
  readonly #subblocks: RecordedSubblocks;
  /** The zone that dumps and per-zone steps are about. */
  #zone: RecordedZone = 2;
  /** The marks of that zone. */
  #marks: readonly [min: number, low: number, high: number] = [0, 0, 0];
  readonly #targetReserves: LinuxProfile["mm"]["targetReserves"];
  /** Marks set by hand stay. */
  readonly #handMarks = new Set<RecordedZone>();

  constructor(
    steps: readonly FreeListStep[],
    meta: FreeListMeta,
    profile: LinuxProfile,
    core?: WebAssembly.Module,
  ) {
    this.#base = meta.basePfn;
    this.#targetReserves = profile.mm.targetReserves;
    let end = SECTION_PAGES;
    for (const { p = 0, n = 0 } of steps) end = Math.max(end, p + n);
    if (this.#base + end > MOST_PAGES) {
      throw new RecordingError(
        `base_pfn and the steps' p and n must end below pfn ${MOST_PAGES}, got ${this.#base + end}`,
      );
    }
    this.memory = PageMemory.createSync(this.#base + end, profile.mm, core);
    this.#zones = {
      2: this.memory.addZone("Normal", meta.node),
      3: this.memory.addZone("Movable", meta.node),
    };
    const boot = this.memory.addZone("DMA32", 0);
    this.memory.online(boot, 0, BOOT_PAGES, [[0, BOOT_PAGES]]);
    this.memory.journal.open(JOURNAL_ENTRIES);
    this.#allocator = new RecordedAllocator(this.memory, meta.node);
    this.#process = new RecordedProcess(
      this.memory,
      this.#allocator,
      profile.mm.largeLruBatch ? 31 : 15,
    );
    // the process writes to the first page of a THP alone
    this.memory.setZeroFilledPages(SUBBLOCK_PAGES - 1);
    this.#subblocks = new RecordedSubblocks(this.memory, this.#base, () => {
      this.#followMoves();
    });
    const named = steps.some(({ op }) => op === "zone");
    if (!named && steps.some(({ op }) => op === "online_movable")) this.#zone = 3;
  }

  /**
   * Plays one step and says what the model answers.
   *
   * @throws RecordingError where the step is impossible in the zone as the steps before have left
   *   it: it is of another recording, or some are missing.
   */
  play(step: FreeListStep): FreeListAnswer {
    try {
      return this.#play(step);
    } catch (error) {
      if (!(error instanceof KernelError) && !isInputError(error)) throw error;
      if (error instanceof RecordingError) throw error;
      throw new RecordingError(
        `step ${step.i} (${step.op}) must be possible after those before it, got: ${error.message}`,
      );
    }
  }

  #play(step: FreeListStep): FreeListAnswer {
    const answer: FreeListAnswer = { i: step.i };
    const r = this.#act(step, answer);
    if (r !== undefined) answer.r = r;
    if (step.after !== undefined) {
      answer.after = dumpOf(this.memory, this.#zones[this.#zone], this.#base, step.after.start);
      this.#setMarks(step.after);
    }
    return answer;
  }

  #act(step: FreeListStep, answer: FreeListAnswer): number | number[] | undefined {
    const { s = 0, p = 0, n = 0 } = step;
    const nr = Array.isArray(step.r) ? step.r.length : 1;
    switch (step.op) {
      case "zone":
        this.#zone = step.z === 3 ? 3 : 2;
        return undefined;
      case "online_kernel":
      case "online_movable":
        return this.#online(step.op, p, n, step.plugged);
      case "offline":
        return this.#offline(p, n);
      case "a":
        return each(nr, (k) => this.#allocate(s + k, step.t ?? "", step.o ?? 0, step.i));
      case "f":
        return each(nr, (k) => this.#free(s + k));
      case "c":
        return this.#contig(s, p, n, step.m ?? 0, answer);
      case "p":
        this.#hold(s, step.m ?? 0);
        return undefined;
      case "i":
        return this.memory.tryIsolate(this.#base + p, n) ? 0 : -Errno.EBUSY;
      case "u":
        this.memory.unisolate(this.#base + p, n);
        return undefined;
      case "ut":
        return each(nr, (k) => this.#relative(this.#process.touch(s + k)));
      case "uf":
        this.#process.drainLru();
        return each(nr, (k) => this.#relative(this.#process.unmap(s + k)));
      case "up":
        return each(nr, (k) => this.#relative(this.#process.pfn(s + k)));
      case "uthp":
        return each(nr, (k) => this.#relative(this.#process.touchHuge(s + k * SUBBLOCK_PAGES)));
      case "upin":
        this.#process.pin(s);
        return undefined;
      case "unpin":
        this.#process.unpinAll();
        return undefined;
      case "l":
        this.#process.drainLru();
        return undefined;
      case "W":
        this.#handMarks.add(this.#zone);
        this.#applyMarks(step.wm ?? []);
        return undefined;
      case "q":
        this.memory.setCache(this.#zones[this.#zone], 1, step.batch ?? 1, step.high ?? 0);
        return undefined;
      case "x":
        this.memory.drainCaches(this.#zones[this.#zone]);
        return undefined;
      case "added":
        this.#chargeMemmaps(n);
        return undefined;
      case "request":
        this.memory.setMigrationTargets(0);
        this.#subblocks.request(step.mib ?? 0);
        return undefined;
      default:
        throw new RecordingError(`step ${step.i}: unknown op ${step.op}`);
    }
  }

  #relative(pfn: number | undefined): number {
    return pfn === undefined ? -1 : pfn - this.#base;
  }

  #allocate(slot: number, letter: string, order: number, step: number): number {
    const kind = Object.hasOwn(ALLOCATIONS, letter) ? ALLOCATIONS[letter] : undefined;
    if (kind === undefined) {
      throw new RecordingError(`step ${step}: t must be a known type, got ${shown(letter)}`);
    }
    if (this.#slots.has(slot)) return -1;
    const pfn = this.#allocator.tryAlloc(order, kind);
    if (pfn === undefined) return -1;
    this.#slots.set(slot, { kind: "pages", type: letter, order, pfn });
    return this.#relative(pfn);
  }

  #free(slot: number): number {
    const held = this.#slots.get(slot);
    if (held === undefined) return -1;
    this.#slots.delete(slot);
    if (held.kind === "contig") this.memory.freeContig(held.pfn, held.pages);
    else this.memory.free(held.pfn, held.order);
    return this.#relative(held.pfn);
  }

  #contig(slot: number, p: number, n: number, mode: number, answer: FreeListAnswer): number {
    const reservesForbidden = mode === BELOW_MARKS && this.#targetReserves === "never";
    this.memory.setMigrationTargets(reservesForbidden ? 0 : (TARGET_FLAGS[mode] ?? 0));
    this.#process.forgetBatch();
    const [min, low, high] = this.#marks;
    // the caller is kept to the zone's node, down to its min watermark; then targets come from
    // elsewhere
    if (reservesForbidden) this.memory.setWatermarks(this.#zones[this.#zone], min, min, high);
    const { errno } = this.memory.allocContig(this.#base + p, n);
    if (reservesForbidden) this.memory.setWatermarks(this.#zones[this.#zone], min, low, high);
    answer.mig = this.#followMoves();
    if (errno === 0) this.#slots.set(slot, { kind: "contig", pfn: this.#base + p, pages: n });
    return errno;
  }

  /**
   * Updates the owners of moved pages; returns the moves of driver-movable pages as the recording
   * notes them.
   */
  #followMoves(): [number, number][] {
    const bySlot = new Map<number, { kind: "pages"; pfn: number }>();
    const byUser = new Map<number, number>();
    const moves: [number, number][] = [];
    const journal = this.memory.journal.take();
    if (journal.length > 0) {
      for (const slot of this.#slots.values()) {
        if (slot.kind === "pages") bySlot.set(slot.pfn, slot);
      }
      for (const [number, pfn] of this.#process.pages()) byUser.set(pfn, number);
    }
    for (const { source, target, kind, order, pageClass } of journal) {
      if (pageClass === PageClass.DriverMovable) {
        const to = this.#relative(target);
        moves.push([this.#relative(source), kind === JournalKind.Failed ? -1 - to : to]);
      }
      if (kind === JournalKind.Dropped) {
        const number = byUser.get(source);
        if (number !== undefined) this.#process.gone(number);
      }
      if (kind !== JournalKind.Moved) continue;
      const slot = bySlot.get(source);
      if (slot !== undefined) {
        slot.pfn = target;
        bySlot.delete(source);
        bySlot.set(target, slot);
      }
      for (let page = 0; page < 2 ** order; page++) {
        const number = byUser.get(source + page);
        if (number === undefined) continue;
        byUser.delete(source + page);
        byUser.set(target + page, number);
        this.#process.moved(number, target + page);
      }
    }
    return moves;
  }

  #hold(slot: number, mode: number): void {
    const held = this.#slots.get(slot);
    if (held?.kind !== "pages") return;
    const kind = ALLOCATIONS[held.type];
    if (kind !== undefined && held.order === 0) {
      this.memory.setPage(held.pfn, kind.pageClass, mode as Hold);
    }
  }

  #online(
    op: "online_kernel" | "online_movable",
    p: number,
    n: number,
    plugged: FreeListStep["plugged"],
  ): number {
    const zone = this.#zones[op === "online_movable" ? 3 : 2];
    const runs = (plugged ?? [[p, n] as const]).map(
      ([first, pages]) => [this.#base + first, pages] as const,
    );
    if (this.memory.zoneIndex(this.#base + p) !== undefined) return -Errno.EINVAL;
    this.memory.online(zone, this.#base + p, n, runs);
    if (plugged !== undefined && p === 0) this.#subblocks.online(n, plugged);
    // the kernel answers with the number of bytes written to the state file
    return op.length;
  }

  #offline(p: number, n: number): number {
    const { errno } = this.memory.offline(this.#base + p, n);
    this.#followMoves();
    return errno === 0 ? "offline".length : errno;
  }

  #setMarks(after: FreeListDump): void {
    const zone = this.#zones[this.#zone];
    for (const [index, kind] of (["DMA", "DMA32", "Normal", "Movable"] as const).entries()) {
      this.memory.setLowmemReserve(zone, kind, after.reserve[index] ?? 0);
    }
    if (!this.#handMarks.has(this.#zone)) this.#applyMarks(after.wm);
  }

  #applyMarks(marks: readonly number[]): void {
    const [min = 0, low = min, high = low] = marks;
    this.#marks = [min, low, high];
    this.memory.setWatermarks(this.#zones[this.#zone], min, low, high);
  }

  /**
   * The memmap of added memory blocks: 2 MiB of struct pages each, out of the memory that is there.
   */
  #chargeMemmaps(nrPages: number): void {
    for (let section = 0; section < nrPages / SECTION_PAGES; section++) {
      this.#allocator.tryAlloc(MEMMAP_ORDER, {
        type: Migratetype.Unmovable,
        pageClass: PageClass.Memmap,
        kind: "Normal",
      });
    }
  }
}

function each(nr: number, act: (k: number) => number): number[] {
  return Array.from({ length: nr }, (_, k) => act(k));
}
