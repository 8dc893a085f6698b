import { expect, test } from "vitest";

import { brokenInvariant } from "../../../src/core/invariants.js";
import { BLOCK, guestUnderTest, MOVABLE, NORMAL } from "./guest-under-test.js";

// Where things lie in linear memory; the drawings are in assembly/.
const ZONES = 0x14000;
const ZONE_BYTES = 1024;
const NR_FREE = 56;
const FREE = 704;
const LRU = 708;
const ISOLATED = 712;
const CACHE = 728;
/** Up to the numbers of the first CPU. */
const CACHE_HEADER_BYTES = 24;
const TABLE = 0x200000;
const SLAB_BYTES = 0x10000;
const LINKS_IN_SLAB = 12800;
const MOVABLE_TYPE = 1;
const ISOLATE_TYPE = 4;

type Guest = ReturnType<typeof guestUnderTest>;

/** Writes into a guest's memory behind its back. */
class Saboteur {
  readonly guest: Guest;
  readonly #view: DataView;

  constructor(guest: Guest) {
    this.guest = guest;
    this.#view = new DataView(guest.core.memory.buffer);
  }

  read(address: number): number {
    return this.#view.getUint32(address, true);
  }

  write(address: number, value: number): void {
    this.#view.setUint32(address, value, true);
  }

  add(address: number, delta: number): void {
    this.write(address, this.read(address) + delta);
  }

  writeByte(address: number, value: number): void {
    this.#view.setUint8(address, value);
  }

  readByte(address: number): number {
    return this.#view.getUint8(address);
  }

  zone(offset: number, zone = NORMAL): number {
    return ZONES + zone * ZONE_BYTES + offset;
  }

  entry(pfn: number, offset = 0): number {
    return TABLE + Math.floor(pfn / BLOCK) * 32 + offset;
  }

  /** Address of a page's state byte; its pageblock has a record. */
  state(pfn: number): number {
    return this.read(this.entry(pfn)) + (pfn % BLOCK);
  }

  links(pfn: number): number {
    const state = this.state(pfn);
    const slab = state - (state % SLAB_BYTES);
    return slab + LINKS_IN_SLAB + ((state - slab) >> 1) * 8;
  }

  list(order: number, type = MOVABLE_TYPE, zone = NORMAL): number {
    return ZONES + zone * ZONE_BYTES + order * 64 + type * 8;
  }

  /** First free chunk of an order, below order 9. */
  chunk(order: number, type = MOVABLE_TYPE, zone = NORMAL): number {
    const nr = this.guest.core.readFreeList(zone, order, type, 0xffffffff, 10);
    expect(nr).toBeGreaterThan(0);
    return new Uint32Array(this.guest.core.memory.buffer, this.guest.core.staging(), 1)[0]!;
  }

  /** An order below 9 with a free movable chunk of at least two pages. */
  largerOrder(): number {
    const order = [1, 2, 3, 4, 5, 6, 7, 8].find(
      (order) => this.guest.core.readFreeList(NORMAL, order, MOVABLE_TYPE, 0xffffffff, 1) > 0,
    );
    return order ?? 0;
  }
}

test.each<{ code: number; damage: string; act: (saboteur: Saboteur) => void }>([
  {
    code: 1,
    damage: "a single page on the list of a larger order",
    act: (s) => {
      s.write(s.list(s.largerOrder()), s.links(s.chunk(0) | 1));
    },
  },
  {
    code: 2,
    damage: "the head of a chunk has another order",
    act: (s) => {
      const at = s.state(s.chunk(s.largerOrder()));
      s.writeByte(at, s.readByte(at) ^ 1);
    },
  },
  {
    code: 1,
    damage: "the head of a chunk is no head",
    act: (s) => {
      s.writeByte(s.state(s.chunk(s.largerOrder())), 0);
    },
  },
  {
    code: 3,
    damage: "a page inside a free chunk is in use",
    act: (s) => {
      s.writeByte(s.state(s.chunk(s.largerOrder()) + 1), 16);
    },
  },
  {
    code: 4,
    damage: "a chunk does not point back",
    act: (s) => {
      s.write(s.links(s.chunk(0)) + 4, s.links(s.chunk(0)));
    },
  },
  {
    code: 4,
    damage: "a list leads out of memory",
    act: (s) => {
      s.write(s.links(s.chunk(0)), 0xfffffff0);
    },
  },
  {
    code: 4,
    damage: "a list begins outside of memory",
    act: (s) => {
      s.write(s.list(0), 3);
    },
  },
  {
    code: 4,
    damage: "a list bites its tail",
    act: (s) => {
      s.write(s.links(s.chunk(0)), s.links(s.chunk(0)));
    },
  },
  {
    code: 5,
    damage: "a free chunk too many",
    act: (s) => {
      s.add(s.zone(3 * 64 + NR_FREE), 1);
    },
  },
  {
    code: 6,
    damage: "a free page too many",
    act: (s) => {
      s.add(s.zone(FREE), 1);
    },
  },
  {
    code: 7,
    damage: "the border between two free order-9 chunks is gone",
    act: (s) => {
      const { core, isolated } = s.guest;
      // its buddy is unplugged: give it back, and take the isolation's mark away
      core.freeContigRange(isolated - BLOCK, BLOCK);
      core.drainCaches(NORMAL);
      s.writeByte(s.entry(isolated, 13), MOVABLE_TYPE);
    },
  },
  {
    code: 8,
    damage: "the isolation of a pageblock with listed chunks",
    act: (s) => {
      s.writeByte(s.entry(s.chunk(s.largerOrder()), 13), ISOLATE_TYPE);
    },
  },
  {
    code: 9,
    damage: "a page too many in the counters of a pageblock",
    act: (s) => {
      s.add(s.entry(s.guest.anon[0]!, 16), 1 << 16);
    },
  },
  {
    code: 10,
    damage: "an isolated pageblock too many",
    act: (s) => {
      s.add(s.zone(ISOLATED), 1);
    },
  },
  {
    code: 11,
    damage: "a page in use turned free",
    act: (s) => {
      const pfn = s.guest.anon[0]!;
      s.writeByte(s.state(pfn), 0);
      s.add(s.entry(pfn, 16), 1 - (1 << 16));
    },
  },
  {
    code: 12,
    damage: "an LRU page too many",
    act: (s) => {
      s.add(s.zone(LRU), 1);
    },
  },
  {
    code: 13,
    damage: "a record of an absent pageblock",
    act: (s) => {
      s.write(s.entry(11 * BLOCK), s.read(s.entry(s.guest.anon[0]!)));
    },
  },
  {
    code: 14,
    damage: "a pageblock with listed chunks in another zone",
    act: (s) => {
      s.writeByte(s.entry(s.chunk(s.largerOrder()), 14), MOVABLE);
    },
  },
  {
    code: 15,
    damage: "a cached page too many",
    act: (s) => {
      s.add(s.read(s.zone(CACHE)) + CACHE_HEADER_BYTES, 1);
    },
  },
  {
    code: 16,
    damage: "a kernel page that waits for the LRU",
    act: (s) => {
      s.writeByte(s.state(s.guest.kernel), 14);
    },
  },
])("validate() finds $damage", ({ code, act }) => {
  const guest = guestUnderTest();
  expect(guest.core.validate()).toBe(0);
  act(new Saboteur(guest));
  const found = guest.core.validate();
  const [at = -1] = new Uint32Array(guest.core.memory.buffer, guest.core.scratch(), 1);
  expect(brokenInvariant(found, at)).toBe(brokenInvariant(code, at));
});
