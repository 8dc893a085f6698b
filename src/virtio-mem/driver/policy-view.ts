import type { DriverContext } from "./mode.js";
import type { MemoryBlockState } from "../memory-block-state.js";
import type { MemoryBlockTable } from "./memory-block-table.js";
import type { SubblockRange, SubblockSummary, UnplugView } from "./unplug-policy.js";
import { PAGE_SIZE } from "../../units.js";

/** What a policy sees of the driver's state and of the guest's pages. Looks at pages cost time. */
export class PolicyView implements UnplugView {
  readonly #context: DriverContext;
  readonly #table: MemoryBlockTable;
  /** Memory block whose chunks are tried one after the other; undefined while they go by rank. */
  #visited: number | undefined;
  /** What the last look at a whole memory block told. */
  #sensed: { readonly id: number; readonly summary: SubblockSummary | undefined } | undefined;
  /** Looks are free while a policy is only asked what it would do. */
  isRehearsing = false;

  constructor(context: DriverContext, table: MemoryBlockTable) {
    this.#context = context;
    this.#table = table;
  }

  get firstId(): number {
    return this.#table.firstId;
  }

  get count(): number {
    return this.#table.count;
  }

  get subblocksPerMemoryBlock(): number {
    return this.#table.subblocksPerMemoryBlock;
  }

  get pluggedSubblocks(): Uint16Array {
    const { pluggedSubblocks, count } = this.#table;
    // the policy gets a copy: the table must not change under the driver
    return this.#context.policy.isForeign === true
      ? pluggedSubblocks.slice(0, count)
      : pluggedSubblocks.subarray(0, count);
  }

  state(id: number): MemoryBlockState {
    return this.#table.state(id);
  }

  isPlugged(id: number, subblock: number): boolean {
    return this.#table.isPlugged(id, subblock);
  }

  sense(id: number): SubblockSummary | undefined {
    if (this.#sensed?.id === id) return this.#sensed.summary;
    const summary = this.look(id, 0, this.#table.subblocksPerMemoryBlock);
    this.#sensed = { id, summary };
    return summary;
  }

  senseChunk({ id, start, count }: SubblockRange): SubblockSummary | undefined {
    if (this.#visited !== id) return this.look(id, start, count);
    const all = this.sense(id);
    return (
      all && {
        freePages: all.freePages.subarray(start, start + count),
        movablePages: all.movablePages.subarray(start, start + count),
        unmovablePages: all.unmovablePages.subarray(start, start + count),
      }
    );
  }

  /**
   * From now on the chunks of this memory block are tried; undefined: those of all of them, by
   * rank.
   */
  startVisit(id: number | undefined): void {
    this.#visited = id;
    this.#sensed = undefined;
  }

  /** Looks at subblocks, whatever was seen before. */
  look(id: number, start: number, count: number): SubblockSummary | undefined {
    const { memoryBlockSize, subblockSize } = this.#context.geometry;
    const startPfn = (id * memoryBlockSize + start * subblockSize) / PAGE_SIZE;
    const nrPages = subblockSize / PAGE_SIZE;
    if (!this.isRehearsing) this.#context.payForLook(startPfn, nrPages * count);
    return this.#context.sense(startPfn, nrPages, count);
  }
}
