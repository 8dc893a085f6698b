import {
  AllocFlag,
  Hold,
  JournalKind,
  Migratetype,
  PageClass,
  ZoneKindNumber,
} from "../core/abi.js";
import { PageMemory, type PageRequest } from "../core/page-memory.js";
import { Errno } from "../errno.js";
import type { LinuxProfile } from "../linux/profile.js";
import {
  RecordingError,
  type FreeListAnswer,
  type FreeListDump,
  type FreeListMeta,
  type FreeListStep,
} from "./free-list-recording.js";

const SECTION_PAGES = 32768;
const SUBBLOCK_PAGES = 512;
/** Boot memory of the recorded guests: 1 GiB of another node, or of DMA32 where the guest has one node. */
const BOOT_PAGES = 262144;
const JOURNAL_ENTRIES = 1 << 20;
/** A fresh page waits in a batch of this many before it reaches the LRU. */
const LRU_BATCH = 15;

type RecordedZone = 2 | 3;

/** Who holds pages, by the number that the script gave them. */
type Slot =
  | { kind: "pages"; type: string; order: number; pfn: number }
  | { kind: "contig"; pfn: number; pages: number };

interface AllocationKind {
  readonly type: Migratetype;
  readonly pageClass: PageClass;
  readonly kind: ZoneKindNumber;
  readonly flags?: number;
}

/** The type letters of op `a`. */
const ALLOCATIONS: Readonly<Record<string, AllocationKind>> = {
  U: { type: Migratetype.Unmovable, pageClass: PageClass.Kernel, kind: ZoneKindNumber.Normal },
  C: {
    type: Migratetype.Unmovable,
    pageClass: PageClass.KernelCompound,
    kind: ZoneKindNumber.Normal,
    flags: AllocFlag.Compound,
  },
  R: { type: Migratetype.Reclaimable, pageClass: PageClass.Kernel, kind: ZoneKindNumber.Normal },
  M: { type: Migratetype.Movable, pageClass: PageClass.Kernel, kind: ZoneKindNumber.Normal },
  V: { type: Migratetype.Movable, pageClass: PageClass.Kernel, kind: ZoneKindNumber.Movable },
  K: {
    type: Migratetype.Movable,
    pageClass: PageClass.DriverMovable,
    kind: ZoneKindNumber.Normal,
  },
  k: {
    type: Migratetype.Movable,
    pageClass: PageClass.DriverMovable,
    kind: ZoneKindNumber.Movable,
  },
};

const TYPE_LETTERS = "UMRHI";
/** Target rules of op `c`, by its mode. */
const TARGET_FLAGS = [0, AllocFlag.NoWatermarks, AllocFlag.NoWatermarks | AllocFlag.ThisNode];

/**
 * Plays a free-list recording with the page core: the zone is empty before the first step. The recorded answers are never
 * read, except for how many there are, and for where the zone starts and its marks.
 */
export class FreeListReplay {
  readonly memory: PageMemory;
  readonly #base: number;
  readonly #node: number;
  readonly #zones: Readonly<Record<RecordedZone, number>>;
  readonly #slots = new Map<number, Slot>();
  /** Anonymous pages of the process, by number. */
  readonly #user = new Map<number, number>();
  /** Numbers of anonymous pages that wait in the LRU batch, oldest first. */
  #pending: number[] = [];
  readonly #thp = new Set<number>();
  /** The zone that dumps and per-zone steps are about. */
  #zone: RecordedZone = 2;
  /** Marks set by hand stay. */
  readonly #handMarks = new Set<RecordedZone>();
  /** Subblocks of memory block 0 that are plugged, and those never online. */
  #plugged = new Set<number>();
  #never = new Set<number>();

  constructor(
    steps: readonly FreeListStep[],
    meta: FreeListMeta,
    profile: LinuxProfile,
    core?: WebAssembly.Module,
  ) {
    this.#base = meta.basePfn;
    this.#node = meta.node;
    let end = SECTION_PAGES;
    for (const { p = 0, n = 0 } of steps) end = Math.max(end, p + n);
    this.memory = PageMemory.createSync(this.#base + end, profile.mm, core);
    this.#zones = {
      2: this.memory.addZone(ZoneKindNumber.Normal, this.#node),
      3: this.memory.addZone(ZoneKindNumber.Movable, this.#node),
    };
    const boot = this.memory.addZone(ZoneKindNumber.DMA32, 0);
    this.memory.online(boot, 0, BOOT_PAGES, [[0, BOOT_PAGES]]);
    this.memory.openJournal(JOURNAL_ENTRIES);
    const named = steps.some(({ op }) => op === "zone");
    if (!named && steps.some(({ op }) => op === "online_movable")) this.#zone = 3;
  }

  /** Plays one step and says what the model answers. */
  play(step: FreeListStep): FreeListAnswer {
    const answer: FreeListAnswer = { i: step.i };
    const r = this.#act(step, answer);
    if (r !== undefined) answer.r = r;
    if (step.after !== undefined) {
      answer.after = this.#dump(step.after);
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
        return each(nr, (k) => this.#touch(s + k));
      case "uf":
        this.#drainLru();
        return each(nr, (k) => this.#unmap(s + k));
      case "up":
        return each(nr, (k) => this.#relative(this.#user.get(s + k)));
      case "uthp":
        return each(nr, (k) => this.#touchHuge(s + k * SUBBLOCK_PAGES));
      case "upin":
        this.#pin(s);
        return undefined;
      case "unpin":
        this.#unpinAll();
        return undefined;
      case "l":
        this.#drainLru();
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
        this.#request(step.mib ?? 0);
        return undefined;
      default:
        throw new RecordingError(`step ${step.i}: unknown op ${step.op}`);
    }
  }

  #relative(pfn: number | undefined): number {
    return pfn === undefined ? -1 : pfn - this.#base;
  }

  /** Allocations of the script ignore watermarks and stay on the node, except where the guest has one node only. */
  #ownNodeFlags(): number {
    return this.#node === 0 ? 0 : AllocFlag.NoWatermarks | AllocFlag.ThisNode;
  }

  #request1(order: number, kind: AllocationKind, flags: number): number | undefined {
    const request: PageRequest = {
      ...kind,
      order,
      node: this.#node,
      flags: flags | (kind.flags ?? 0),
    };
    return this.memory.tryAlloc(request);
  }

  #allocate(slot: number, letter: string, order: number, step: number): number {
    const kind = ALLOCATIONS[letter];
    if (kind === undefined) throw new RecordingError(`step ${step}: unknown type ${letter}`);
    if (this.#slots.has(slot)) return -1;
    const pfn = this.#request1(order, kind, this.#ownNodeFlags());
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
    this.memory.setMigrationTargets(TARGET_FLAGS[mode] ?? 0);
    this.#pending = [];
    const { errno } = this.memory.allocContig(this.#base + p, n);
    answer.mig = this.#followMoves();
    if (errno === 0) this.#slots.set(slot, { kind: "contig", pfn: this.#base + p, pages: n });
    return errno;
  }

  /** Updates the owners of moved pages; returns the moves of driver-movable pages as the recording notes them. */
  #followMoves(): [number, number][] {
    const bySlot = new Map<number, { kind: "pages"; pfn: number }>();
    const byUser = new Map<number, number>();
    const moves: [number, number][] = [];
    const journal = this.memory.takeJournal();
    if (journal.length > 0) {
      for (const slot of this.#slots.values()) {
        if (slot.kind === "pages") bySlot.set(slot.pfn, slot);
      }
      for (const [number, pfn] of this.#user) byUser.set(pfn, number);
    }
    for (const { source, target, kind, order, pageClass } of journal) {
      if (pageClass === PageClass.DriverMovable) {
        const to = this.#relative(target);
        moves.push([this.#relative(source), kind === JournalKind.Failed ? -1 - to : to]);
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
        this.#user.set(number, target + page);
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

  #touch(number: number): number {
    const known = this.#user.get(number);
    if (known !== undefined) return this.#relative(known);
    const pfn = this.#request1(
      0,
      {
        type: Migratetype.Movable,
        pageClass: PageClass.LruPending,
        kind: ZoneKindNumber.Movable,
      },
      this.#ownNodeFlags(),
    );
    if (pfn === undefined) return -1;
    this.#user.set(number, pfn);
    this.#pending.push(number);
    if (this.#pending.length === LRU_BATCH) this.#flushBatch();
    return this.#relative(pfn);
  }

  #flushBatch(): void {
    for (const number of this.#pending) {
      const pfn = this.#user.get(number);
      if (pfn !== undefined) this.memory.setPage(pfn, PageClass.Anon, Hold.None);
    }
    this.#pending = [];
  }

  #drainLru(): void {
    this.#pending = [];
    this.memory.drainLru();
  }

  #unmap(number: number): number {
    const pfn = this.#user.get(number);
    if (pfn === undefined) return -1;
    this.#user.delete(number);
    this.memory.free(pfn, 0);
    return this.#relative(pfn);
  }

  #touchHuge(number: number): number {
    const pfn = this.#request1(
      9,
      { type: Migratetype.Movable, pageClass: PageClass.Thp, kind: ZoneKindNumber.Movable },
      AllocFlag.Compound | this.#ownNodeFlags(),
    );
    if (pfn === undefined) return -1;
    for (let page = 0; page < SUBBLOCK_PAGES; page++) this.#user.set(number + page, pfn + page);
    this.#thp.add(number);
    return this.#relative(pfn);
  }

  #pin(number: number): void {
    const pfn = this.#user.get(number);
    if (pfn !== undefined) this.memory.setPage(pfn, PageClass.Anon, Hold.Pinned);
  }

  #unpinAll(): void {
    for (const pfn of this.#user.values()) {
      const state = this.memory.pageState(pfn);
      if (state >> 5 === Hold.Pinned) this.memory.setPage(pfn, PageClass.Anon, Hold.None);
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
    if (plugged !== undefined && p === 0) {
      const all = Array.from({ length: n / SUBBLOCK_PAGES }, (_, subblock) => subblock);
      const inRun = (subblock: number): boolean =>
        plugged.some(
          ([first, pages]) =>
            subblock * SUBBLOCK_PAGES >= first && subblock * SUBBLOCK_PAGES < first + pages,
        );
      this.#plugged = new Set(all.filter(inRun));
      this.#never = new Set(all.filter((subblock) => !inRun(subblock)));
    }
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
    const kinds = [
      ZoneKindNumber.DMA,
      ZoneKindNumber.DMA32,
      ZoneKindNumber.Normal,
      ZoneKindNumber.Movable,
    ];
    for (const [index, kind] of kinds.entries()) {
      this.memory.setLowmemReserve(zone, kind, after.reserve[index] ?? 0);
    }
    if (!this.#handMarks.has(this.#zone)) this.#applyMarks(after.wm);
  }

  #applyMarks(marks: readonly number[]): void {
    const [min = 0, low = min, high = low] = marks;
    this.memory.setWatermarks(this.#zones[this.#zone], min, low, high);
  }

  /** The memmap of added memory blocks: 2 MiB of struct pages each, out of the memory that is there. */
  #chargeMemmaps(nrPages: number): void {
    for (let section = 0; section < nrPages / SECTION_PAGES; section++) {
      this.#request1(
        9,
        {
          type: Migratetype.Unmovable,
          pageClass: PageClass.Memmap,
          kind: ZoneKindNumber.Normal,
        },
        this.#ownNodeFlags(),
      );
    }
  }

  /** The driver's subblock handling on memory block 0, which is online: unplug from the top, plug runs from the lowest hole. */
  #request(mib: number): void {
    const wanted = mib / 2;
    const subblocks = this.#plugged.size + this.#never.size;
    this.memory.setMigrationTargets(0);
    for (const subblock of [...this.#plugged].sort((a, b) => b - a)) {
      if (this.#plugged.size <= wanted) break;
      const start = this.#base + subblock * SUBBLOCK_PAGES;
      if (this.memory.allocContig(start, SUBBLOCK_PAGES).errno !== 0) continue;
      this.memory.markOffline(start, SUBBLOCK_PAGES);
      this.#plugged.delete(subblock);
    }
    this.#followMoves();
    const nrSubblocks = Math.max(subblocks, SECTION_PAGES / SUBBLOCK_PAGES);
    while (this.#plugged.size < wanted) {
      let first = 0;
      while (this.#plugged.has(first)) first++;
      if (first >= nrSubblocks) break;
      const never = this.#never.has(first);
      let end = first;
      while (
        end < nrSubblocks &&
        this.#never.has(end) === never &&
        !this.#plugged.has(end) &&
        this.#plugged.size < wanted
      ) {
        this.#plugged.add(end);
        this.#never.delete(end);
        end++;
      }
      this.#plug(first, end, never);
    }
  }

  #plug(first: number, end: number, never: boolean): void {
    const start = this.#base + first * SUBBLOCK_PAGES;
    const pages = (end - first) * SUBBLOCK_PAGES;
    if (never) this.memory.onlinePages(start, pages);
    else this.memory.freeContig(start, pages);
  }

  #dump(after: FreeListDump): NonNullable<FreeListAnswer["after"]> {
    const zone = this.#zones[this.#zone];
    const lists: Record<string, number[]> = {};
    for (const [type, letter] of Array.from(TYPE_LETTERS).entries()) {
      for (let order = 0; order <= 10; order++) {
        const list = this.memory.freeList(zone, order, type as Migratetype);
        if (list.length > 0) lists[`${letter}${order}`] = list.map((pfn) => pfn - this.#base);
      }
    }
    let pb = "";
    let online = 0;
    for (let pfn = this.#base + after.start; pfn < this.memory.nrPageblocks * 512; pfn += 512) {
      const inZone = this.memory.zoneIndex(pfn) === zone;
      pb += inZone ? (TYPE_LETTERS[this.memory.pageblockType(pfn) ?? 0] ?? "-") : "-";
      if (inZone) online = pb.length;
    }
    return {
      L: lists,
      pb: pb.slice(0, online),
      free: this.memory.freePages(zone),
      nf: this.memory.freeChunks(zone),
    };
  }
}

function each(nr: number, act: (k: number) => number): number[] {
  return Array.from({ length: nr }, (_, k) => act(k));
}
