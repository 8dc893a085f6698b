import { readFileSync } from "node:fs";
import { join } from "node:path";

import { readCapture } from "../../src/capture/read-capture.js";
import { Migratetype, PageClass, ZoneKindNumber } from "../../src/core/abi.js";
import { Guest } from "../../src/guest.js";
import { openCapture } from "../../src/node.js";

/** How far the model follows a recording of the kernel's allocation order. */
export interface OrderAgreement {
  /** Positions of each list in which the model hands out the recorded page, and how many there are. */
  readonly lists: readonly {
    readonly same: number;
    readonly all: number;
    readonly common: number;
  }[];
}

type Chunk = readonly [pfn: number, order: number];

/**
 * Replays a `k-allocorder-*` recording from its state s0: a module takes chunks of one order, frees a random part of
 * them, takes as many again, frees all, takes as many again.
 *
 * What the module freed is read off the recorded lists; which pages it got is the model's.
 */
export async function replayAllocationOrder(
  folder: string,
  core: WebAssembly.Module,
): Promise<OrderAgreement> {
  const recorded = [1, 2, 3, 4].map((list) => readList(join(folder, `alloc-${list}.txt`)));
  const [first = [], kept = [], second = [], last = []] = recorded;
  const capture = await readCapture(await openCapture(join(folder, "s0")), {});
  const { pages } = await Guest.fromCapture(capture, { core, keepCaches: true });
  const order = first[0]?.[1] ?? 0;
  const take = (count: number): number[] =>
    Array.from({ length: count }, () => {
      const pfn = pages.tryAlloc({
        order,
        type: Migratetype.Unmovable,
        pageClass: PageClass.Kernel,
        kind: ZoneKindNumber.Normal,
        node: 0,
      });
      return pfn ?? -1;
    });
  const one = take(first.length);
  const keptPfns = new Set(kept.map(([pfn]) => pfn));
  const keptHere = one.filter((_, index) => keptPfns.has(first[index]?.[0] ?? -1));
  for (const pfn of one) if (!keptHere.includes(pfn)) pages.free(pfn, order);
  const three = [...keptHere, ...take(second.length - kept.length)];
  for (const pfn of three) pages.free(pfn, order);
  const four = take(last.length);
  const lists = [one, keptHere, three, four].map((own, list) =>
    agreement(own, recorded[list] ?? []),
  );
  return { lists };
}

function readList(file: string): Chunk[] {
  return readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => {
      const [pfn = NaN, order = NaN] = line.split(" ").map(Number);
      return [pfn, order];
    });
}

function agreement(
  own: readonly number[],
  recorded: readonly Chunk[],
): { same: number; all: number; common: number } {
  const set = new Set(own);
  return {
    same: recorded.filter(([pfn], index) => own[index] === pfn).length,
    all: recorded.length,
    common: recorded.filter(([pfn]) => set.has(pfn)).length,
  };
}
