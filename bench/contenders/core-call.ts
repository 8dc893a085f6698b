import { Migratetype, PageClass } from "../../src/core/abi.js";
import { PageMemory } from "../../src/core/page-memory.js";
import { prepareRequest, type PreparedRequest } from "../../src/core/page-request.js";
import { linuxProfile } from "../../src/linux/profile.js";
import type { Allocator } from "./allocator.js";
import { loopsOver, NONE, type Buddy } from "./loops.js";

/**
 * The requests of the sequences by order: as in the loops inside the core, single pages are
 * anonymous, chunks are kernel pages.
 */
const REQUESTS: readonly PreparedRequest[] = Array.from({ length: 11 }, (_, order) =>
  prepareRequest({
    order,
    type: Migratetype.Movable,
    pageClass: order === 0 ? PageClass.Anon : PageClass.Kernel,
    kind: "Normal",
    node: 0,
  }),
);

/** The core, one call of the public API for each operation. */
export function coreCall(pages: number): Allocator {
  let memory = bootMemory(pages);
  const buddy: Buddy = {
    take: (order) => memory.tryAlloc(REQUESTS[order]!) ?? NONE,
    give(page, order) {
      memory.free(page, order);
    },
    reset() {
      memory = bootMemory(pages);
    },
    bytes: () => memory.memoryUse().bytes,
  };
  return loopsOver(buddy, pages);
}

/** A guest of one zone without watermarks and per-CPU caches, its pages all free. */
function bootMemory(pages: number): PageMemory {
  const memory = PageMemory.createSync(pages, linuxProfile("v6.1").mm);
  const zone = memory.addZone("Normal", 0);
  memory.online(zone, 0, pages, [[0, pages]]);
  return memory;
}
