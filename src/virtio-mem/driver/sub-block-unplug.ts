import { Errno } from "../../errno.js";
import type { DriverProfile } from "../driver-profile.js";
import type { DriverContext } from "./mode.js";
import { PreIsolation } from "./pre-isolation.js";
import type { MemoryBlockState } from "../memory-block-state.js";
import type { MemoryBlockTable } from "./memory-block-table.js";
import { PolicyView } from "./policy-view.js";
import { Reserve } from "./reserve.js";
import type { SubblockRange, UnplugPolicy } from "./unplug-policy.js";
import type { ShrinkableCache } from "../../linux/shrinkable-cache.js";
import type { PausingWork } from "../../pausing-work.js";
import { PAGE_SIZE } from "../../units.js";

/** Result of a step that was refused by busy memory: the run goes on with the next. */
const SKIPPED = 1;

/** Chunks of one size in a memory block. */
interface ChunkSize {
  /** Subblocks of each. */
  readonly count: number;
  /** Where they start, in the policy's order; of no use where that is a function. */
  readonly starts: readonly number[];
}

/**
 * States in which a memory block may have been emptied without being removed, in cleaning order.
 */
const EMPTY_STATES = ["movable-partial", "kernel-partial", "offline-partial"] as const;

/**
 * The unplug run of sub-block mode: passes over the memory blocks in the order that the policy
 * gives, until enough is unplugged (docs/spec/driver.md, "Unplugging").
 */
export class SubBlockUnplug {
  readonly #context: DriverContext;
  readonly #table: MemoryBlockTable;
  readonly #view: PolicyView;
  readonly #subblockSize: number;
  readonly #memoryBlockSize: number;
  readonly #chunkSizes: readonly ChunkSize[];
  /** Subblocks still to be unplugged in this run. */
  #left = 0;
  #hasEmptyMemoryBlock = false;
  /** Attempts of this run that found no memory to move pages to, and went on. */
  #outOfMemory = 0;
  /** Chunks of this run that would have left too little free. */
  #overReserve = 0;
  /** Attempts of this run that were refused. */
  #failures = 0;
  readonly #isStale: () => boolean;
  readonly #reserve: Reserve;

  constructor(context: DriverContext, table: MemoryBlockTable) {
    this.#context = context;
    this.#table = table;
    this.#view = new PolicyView(context, table);
    this.#subblockSize = context.geometry.subblockSize;
    this.#memoryBlockSize = context.geometry.memoryBlockSize;
    this.#chunkSizes = chunkSizes(context.policy, table.subblocksPerMemoryBlock);
    this.#reserve = new Reserve(
      context.policy.reserve ?? 0,
      context.free,
      this.#subblockSize / PAGE_SIZE,
    );
    const { link, profile } = context;
    this.#isStale = () => profile.checksConfigBeforeAttempt && link.configChanged;
  }

  get hasEmptyMemoryBlock(): boolean {
    return this.#hasEmptyMemoryBlock;
  }

  /** Takes over that a memory block has been emptied without being removed. */
  set hasEmptyMemoryBlock(value: boolean) {
    this.#hasEmptyMemoryBlock = value;
  }

  /**
   * Unplugs `wanted` subblocks.
   *
   * @returns 0; -EBUSY if fewer could go; another errno where one ended the run.
   */
  *run(wanted: number): PausingWork<number> {
    const { policy, unplugOnline } = this.#context;
    this.#left = wanted;
    this.#outOfMemory = 0;
    this.#overReserve = 0;
    this.#failures = 0;
    if (wanted === 0) return 0;
    if (policy.isForeign === true) this.#rehearse();
    if (unplugOnline) this.#shrink(policy.before);
    const rc = yield* this.#runPasses();
    if (this.#left === 0 || !(rc === -Errno.EBUSY || rc === -Errno.ENOMEM)) return rc;
    return this.#shrink(policy.whenShort) > 0 ? yield* this.#runPasses() : rc;
  }

  /**
   * Asks for everything that the policy decides, before anything has changed: it throws where it
   * fails.
   */
  #rehearse(): void {
    this.#view.isRehearsing = true;
    try {
      for (const chunk of this.#onlineChunks()) {
        this.#isAccepted(chunk);
        this.#context.policy.rank?.(this.#view, chunk);
      }
    } finally {
      this.#view.isRehearsing = false;
      this.#view.startVisit(undefined);
    }
  }

  /** Gives caches back to the allocator. Returns how many pages that were. */
  #shrink(caches: readonly ShrinkableCache[] = []): number {
    return caches.reduce((pages, cache) => pages + this.#context.shrink(cache), 0);
  }

  *#runPasses(): PausingWork<number> {
    const { policy, unplugOnline } = this.#context;
    const isPlanned = policy.rank !== undefined || policy.isolatesFirst === true;
    for (const [pass, states] of policy.passes.entries()) {
      const spared = !unplugOnline || isPlanned;
      if (spared && !states.every(isOffline)) continue;
      for (const id of this.#inPass(pass, states)) {
        const rc = isOffline(this.#table.state(id))
          ? this.#emptyOffline(id)
          : yield* this.#emptyOnline(id);
        if (rc !== 0 || this.#left === 0) return rc;
        if (this.#context.isPauseDue()) yield;
      }
    }
    // What is online may be spared on purpose: no reason to try again.
    if (!unplugOnline) return 0;
    if (isPlanned) {
      const rc = yield* this.#emptyByPlan();
      if (rc !== 0 || this.#left === 0) return rc;
    }
    return this.#shortfall();
  }

  /** Why fewer subblocks went than were wanted. */
  #shortfall(): number {
    return this.#outOfMemory > 0 ? -Errno.ENOMEM : -Errno.EBUSY;
  }

  /** Tries the chunks of all online memory blocks, in an order that is fixed beforehand. */
  *#emptyByPlan(): PausingWork<number> {
    const chunks = yield* this.#plannedChunks();
    this.#view.startVisit(undefined);
    const keptOut = this.#preIsolation();
    try {
      if (keptOut !== undefined) yield* this.#keepOut(keptOut, chunks);
      for (const chunk of chunks) {
        if (this.#left === 0) return 0;
        const rc =
          keptOut === undefined
            ? yield* this.#tryChunk(chunk)
            : yield* this.#tryKeptOut(chunk, keptOut);
        if (rc !== 0) return rc;
        if (this.#context.isPauseDue()) yield;
      }
    } finally {
      keptOut?.releaseAll();
    }
    const rc = keptOut === undefined ? 0 : yield* this.#tryAgain(chunks);
    if (rc !== 0 || this.#left === 0 || this.#overReserve === 0) return rc;
    return this.#reserve.isReached ? yield* this.#reachReserve(chunks) : 0;
  }

  /** One subblock more, by which the free memory of the guest reaches its reserve. */
  *#reachReserve(chunks: readonly SubblockRange[]): PausingWork<number> {
    this.#reserve.isLast = true;
    try {
      return yield* this.#tryAgain(
        chunks.filter((chunk) => this.#isToBeTried(chunk) && this.#keepsReserve(chunk)).slice(0, 1),
      );
    } finally {
      this.#reserve.isLast = false;
    }
  }

  /** What found no place while so much was isolated may find one now. */
  *#tryAgain(chunks: readonly SubblockRange[]): PausingWork<number> {
    for (const chunk of chunks) {
      if (this.#left === 0) return 0;
      const rc = yield* this.#tryChunk(chunk);
      if (rc !== 0) return rc;
      if (this.#context.isPauseDue()) yield;
    }
    return 0;
  }

  /**
   * The chunks that look worth trying now: by rank where the policy gives one, else in the order of
   * the visits.
   */
  *#plannedChunks(): PausingWork<SubblockRange[]> {
    const { rank } = this.#context.policy;
    const ranked: { readonly chunk: SubblockRange; readonly rank: number }[] = [];
    for (const chunk of this.#onlineChunks()) {
      if (this.#isAccepted(chunk)) ranked.push({ chunk, rank: rank?.(this.#view, chunk) ?? 0 });
      if (this.#context.isPauseDue()) yield;
    }
    ranked.sort((a, b) => a.rank - b.rank);
    return ranked.map(({ chunk }) => chunk);
  }

  /** Isolates as many subblocks as are still to be unplugged. */
  *#keepOut(keptOut: PreIsolation, chunks: readonly SubblockRange[]): PausingWork {
    for (const chunk of chunks) {
      if (!keptOut.keep(chunk, this.#left)) return;
      if (this.#context.isPauseDue()) yield;
    }
  }

  #preIsolation(): PreIsolation | undefined {
    const { isolation, policy } = this.#context;
    if (isolation === undefined || policy.isolatesFirst !== true) return undefined;
    const nrPages = this.#subblockSize / PAGE_SIZE;
    const pfnOf = (id: number, subblock: number): number => this.#addr(id, subblock) / PAGE_SIZE;
    let promised = 0;
    const subblocks = {
      tryIsolate: (id: number, at: number) => {
        // free pages are off the counters once they are isolated, those in use need room later
        const startPfn = pfnOf(id, at);
        if (!this.#reserve.allows(startPfn, nrPages, promised)) return false;
        const toMove = this.#reserve.toMove(startPfn, nrPages, this.#freePages(id, at));
        if (!isolation.tryIsolate(startPfn, nrPages)) return false;
        promised += toMove;
        return true;
      },
      release: (id: number, at: number) => {
        isolation.unisolate(pfnOf(id, at), nrPages);
      },
      freePages: (id: number, at: number) => this.#view.look(id, at, 1)?.freePages[0] ?? 0,
    };
    return new PreIsolation(subblocks);
  }

  /**
   * Tries a chunk of memory that was isolated first, and gives up other such memory for its pages.
   */
  *#tryKeptOut(chunk: SubblockRange, keptOut: PreIsolation): PausingWork<number> {
    if (keptOut.isGivenUp(chunk) || !this.#isToBeTried(chunk)) return 0;
    const isKept = keptOut.isKept(chunk);
    keptOut.release(chunk);
    // what was never kept out gets no room that was made for others
    if (!isKept && !this.#keepsReserve(chunk)) return yield* this.#takeChunk(chunk);
    for (;;) {
      const wasShort = this.#outOfMemory + this.#overReserve;
      const rc = yield* this.#takeChunk(chunk);
      if (rc !== 0 || this.#outOfMemory + this.#overReserve === wasShort) return rc;
      const pages =
        this.#view.senseChunk(chunk)?.movablePages.reduce((sum, nr) => sum + nr, 0) ?? 0;
      if (!keptOut.makeRoom(pages)) return rc;
    }
  }

  /** The plugged chunks of online memory blocks: by pass, memory block, size and place. */
  *#onlineChunks(): Generator<SubblockRange> {
    const { passes } = this.#context.policy;
    for (const [pass, states] of passes.entries()) {
      for (const id of this.#inPass(pass, states)) {
        if (isOffline(this.#table.state(id))) continue;
        this.#view.startVisit(id);
        for (const size of this.#chunkSizes) {
          const { count } = size;
          for (const start of this.#chunkStarts(id, size)) {
            if (this.#table.isAllPlugged(id, start, count)) yield { id, start, count };
          }
        }
      }
    }
  }

  /** Unplugs memory blocks that could not be added, then removes emptied ones. */
  *cleanUp(): PausingWork<number> {
    for (const id of this.#table.inStates(["plugged"], false)) {
      this.#left = this.#table.subblocksPerMemoryBlock;
      const rc = this.#table.hold(id, () => this.#unplugRuns(id));
      if (rc !== 0) return rc;
      this.#table.setState(id, "unused");
      if (this.#context.isPauseDue()) yield;
    }
    if (!this.#hasEmptyMemoryBlock) return 0;
    this.#hasEmptyMemoryBlock = false;
    for (const state of EMPTY_STATES) {
      for (const id of this.#table.inStates([state], false)) {
        if (this.#table.nrPluggedOf(id) === 0) this.#removeEmptied(id);
        if (this.#context.isPauseDue()) yield;
      }
    }
    return 0;
  }

  /** The memory blocks of a pass in the policy's order. */
  #inPass(pass: number, states: readonly MemoryBlockState[]): Iterable<number> {
    const { memoryBlocks } = this.#context.policy;
    return typeof memoryBlocks === "string"
      ? this.#table.inStates(states, memoryBlocks === "descending")
      : this.#inStates(memoryBlocks(this.#view, pass), states);
  }

  *#inStates(ids: Iterable<number>, states: readonly MemoryBlockState[]): Generator<number> {
    for (const id of ids) {
      if (this.#table.has(id) && states.includes(this.#table.state(id))) yield id;
    }
  }

  /** Unplugs runs of subblocks of an offline memory block and removes it when none is left. */
  #emptyOffline(id: number): number {
    if (this.#context.memmapSubblocks > 0) {
      // its struct pages lie in what is to be unplugged: all of it goes, or nothing
      if (this.#table.nrPluggedOf(id) <= this.#left) this.#removeWithMemmap(id);
      return 0;
    }
    const rc = this.#table.hold(id, () => this.#unplugRuns(id));
    if (!this.#table.isFull(id)) this.#table.setState(id, "offline-partial");
    if (rc !== 0) return rc;
    if (this.#table.nrPluggedOf(id) === 0) this.remove(id);
    return 0;
  }

  /** Removes an offline memory block. The state changes first, so that it cannot go online. */
  remove(id: number): void {
    this.#table.setState(id, "unused");
    if (this.#context.memory.remove(id, 1) !== 0) {
      throw new Error(`offline memory block ${id} could not be removed`);
    }
  }

  /** One request per run of plugged subblocks, until enough or all are unplugged. */
  #unplugRuns(id: number): number {
    const isAscending = this.#context.policy.subblocks === "ascending";
    const end = this.#table.subblocksPerMemoryBlock;
    while (this.#left > 0 && this.#table.nrPluggedOf(id) > 0) {
      let start: number;
      let count: number;
      if (isAscending) {
        start = this.#table.next(id, 0, true);
        count = Math.min(this.#left, this.#table.next(id, start, false) - start);
      } else {
        const last = this.#table.previous(id, end - 1, true);
        count = Math.min(this.#left, last - this.#table.previous(id, last, false));
        start = last - count + 1;
      }
      const rc = this.#context.link.unplug(this.#addr(id, start), count * this.#subblockSize);
      if (rc !== 0) return rc;
      this.#table.setPlugged(id, start, count, false);
      this.#left -= count;
    }
    return 0;
  }

  /** Takes chunks of an online memory block and unplugs them; removes it when none is left. */
  *#emptyOnline(id: number): PausingWork<number> {
    this.#view.startVisit(id);
    const wasEmpty = this.#table.nrPluggedOf(id) === 0;
    for (const size of this.#chunkSizes) {
      const { count } = size;
      for (const start of this.#chunkStarts(id, size)) {
        if (this.#left < count || count > this.#table.nrPluggedOf(id)) break;
        const rc = yield* this.#tryChunk({ id, start, count });
        if (rc !== 0) return rc;
        if (this.#context.isPauseDue()) yield;
      }
    }
    if (wasEmpty) this.#removeIfEmpty(id);
    return 0;
  }

  /**
   * Tries a chunk if it is plugged, not more than what is wanted, and accepted; removes its memory
   * block when nothing is left of it. Returns 0, or the errno that ends the run.
   */
  *#tryChunk(chunk: SubblockRange): PausingWork<number> {
    return this.#isToBeTried(chunk) ? yield* this.#takeChunk(chunk) : 0;
  }

  #isToBeTried(chunk: SubblockRange): boolean {
    const { id, start, count } = chunk;
    if (this.#left < count || !this.#table.isAllPlugged(id, start, count)) return false;
    if (start < this.#context.memmapSubblocks) return false;
    return this.#isAccepted(chunk);
  }

  *#takeChunk(chunk: SubblockRange): PausingWork<number> {
    const { id, start, count } = chunk;
    if (!this.#keepsReserve(chunk)) return this.#spareForReserve(count);
    const rc = yield* this.#table.holdAcross(id, this.#unplugChunk(id, start, count));
    if (rc === SKIPPED) {
      return ++this.#failures === this.#context.policy.mostFailures ? -Errno.EBUSY : 0;
    }
    if (rc !== 0) return rc;
    this.#left -= count;
    this.#removeIfEmpty(id);
    return 0;
  }

  /** Would enough memory be free without this chunk? */
  #keepsReserve({ id, start, count }: SubblockRange): boolean {
    const startPfn = this.#addr(id, start) / PAGE_SIZE;
    return this.#reserve.allows(startPfn, (count * this.#subblockSize) / PAGE_SIZE);
  }

  /** Returns the errno that ends the run, or 0 where it goes on with smaller chunks or others. */
  #spareForReserve(count: number): number {
    const { outOfMemory, reserve } = this.#context.policy;
    if (count > 1) return 0;
    this.#overReserve++;
    if (outOfMemory === "go-on") return 0;
    // with all marks kept no memory has run out
    return typeof reserve === "number" ? -Errno.ENOMEM : -Errno.EBUSY;
  }

  /** As the page allocator finds them while it isolates: a look that costs nothing. */
  #freePages(id: number, subblock: number): number {
    const nrPages = this.#subblockSize / PAGE_SIZE;
    const look = this.#context.sense(this.#addr(id, subblock) / PAGE_SIZE, nrPages, 1);
    return look?.freePages[0] ?? 0;
  }

  #removeIfEmpty(id: number): void {
    if (this.#emptyMemoryBlocks === "kept") return;
    const plugged = this.#table.nrPluggedOf(id);
    if (plugged === 0) this.#removeEmptied(id);
    else if (plugged === this.#context.memmapSubblocks && plugged <= this.#left) {
      this.#removeWithMemmap(id);
    }
  }

  /** Removes a memory block of which only its own struct pages are plugged, and then those. */
  #removeWithMemmap(id: number): void {
    const start = this.#table.next(id, 0, true);
    if (start !== 0) return;
    if (this.#context.memory.remove(id, 1) !== 0) return;
    this.#table.setState(id, this.#unplugRuns(id) === 0 ? "unused" : "plugged");
  }

  get #emptyMemoryBlocks(): DriverProfile["emptyMemoryBlocks"] {
    const { policy, profile } = this.#context;
    return policy.emptyMemoryBlocks ?? profile.emptyMemoryBlocks;
  }

  #isAccepted(chunk: SubblockRange): boolean {
    const { accepts } = this.#context.policy;
    return accepts === undefined || accepts.every((test) => test(this.#view, chunk));
  }

  /** Where chunks of a size start, in the policy's order. */
  #chunkStarts(id: number, { count, starts }: ChunkSize): Iterable<number> {
    const { subblocks } = this.#context.policy;
    return typeof subblocks === "string"
      ? starts
      : startsOf(count, () => subblocks(this.#view, id, count));
  }

  /**
   * Takes `count` subblocks and unplugs them by one request. If the device refuses they go back to
   * the allocator and nothing has changed, but for pages that were moved.
   *
   * @returns 0, SKIPPED if their memory is busy, or the errno that ends the run.
   */
  *#unplugChunk(id: number, start: number, count: number): PausingWork<number> {
    const { link, memory, policy } = this.#context;
    const addr = this.#addr(id, start);
    const size = count * this.#subblockSize;
    const state = this.#table.state(id);
    const isMovable = state === "movable" || state === "movable-partial";
    const attempts = isMovable ? policy.attempts.movable : policy.attempts.kernel;
    const taken = yield* memory.fakeOffline(addr, size, attempts, this.#isStale);
    if (taken === -Errno.EBUSY) return SKIPPED;
    if (taken === -Errno.ENOMEM && policy.outOfMemory === "go-on") {
      this.#outOfMemory++;
      return SKIPPED;
    }
    if (taken !== 0) return taken;
    const rc = link.unplug(addr, size);
    if (rc !== 0) {
      memory.fakeOnline(addr, size);
      return rc;
    }
    this.#table.setPlugged(id, start, count, false);
    this.#table.setState(id, isMovable ? "movable-partial" : "kernel-partial");
    return 0;
  }

  /**
   * Offlines and removes a memory block without plugged subblocks. A failure leaves it as it
   * is; versions that try again remember that there is one.
   */
  #removeEmptied(id: number): void {
    if (this.#context.memory.remove(id, 1) === 0) {
      this.#table.setState(id, "unused");
    } else if (this.#emptyMemoryBlocks === "removed-with-retry") {
      this.#hasEmptyMemoryBlock = true;
    }
  }

  #addr(id: number, subblock: number): number {
    return id * this.#memoryBlockSize + subblock * this.#subblockSize;
  }
}

/** The policy's chunks, as far as they fit into a memory block of `whole` subblocks. */
function chunkSizes({ chunks, subblocks }: UnplugPolicy, whole: number): ChunkSize[] {
  const counts = new Set(chunks.map((size) => (size === "memory-block" ? whole : size)));
  return [...counts]
    .filter((count) => count <= whole)
    .map((count) => {
      const starts = Array.from({ length: Math.floor(whole / count) }, (_, at) => at * count);
      return { count, starts: subblocks === "descending" ? starts.reverse() : starts };
    });
}

/** Those that `name` gives and at which a chunk of `count` subblocks can start. */
function* startsOf(count: number, name: () => Iterable<number>): Generator<number> {
  for (const start of name()) if (start % count === 0) yield start;
}

function isOffline(state: MemoryBlockState): boolean {
  return state === "offline" || state === "offline-partial";
}
