import { describe, expect, test } from "vitest";

import { Errno } from "../../../../src/errno.js";
import { LINUX_POLICIES } from "../../../../src/virtio-mem/driver/linux-policies.js";
import type { UnplugPolicy } from "../../../../src/virtio-mem/driver/unplug-policy.js";
import { FIRST_ID, MiB, SimulatedGuest } from "../simulated-guest.js";

const linux = LINUX_POLICIES.linux;

function guestWith(policy: Partial<UnplugPolicy>, driver: object = {}): SimulatedGuest {
  const guest = new SimulatedGuest({
    driver: { policy: { ...linux, name: "test", ...policy }, ...driver },
  });
  guest.resize(384 * MiB);
  return guest;
}

test("chunks of sizes in between are tried before single subblocks", () => {
  const guest = guestWith({ chunks: ["memory-block", 16, 4, 1] });
  guest.block(2, 21);
  expect(guest.resize(384 * MiB - 54 * 2 * MiB)).toEqual([
    "UNPLUG 2:48+16",
    "UNPLUG 2:32+16",
    "UNPLUG 2:0+16",
    "UNPLUG 2:28+4",
    "UNPLUG 2:27+1",
    "UNPLUG 2:26+1",
  ]);
});

test("a policy can name the memory blocks of a pass and leave some out", () => {
  const guest = guestWith({ memoryBlocks: () => Uint32Array.of(FIRST_ID + 1, FIRST_ID + 99) });
  expect(guest.resize(0)).toEqual(["UNPLUG 1:0+64"]);
});

test("a policy sees how much of each memory block is plugged", () => {
  const guest = guestWith({
    passes: [["kernel", "kernel-partial"]],
    memoryBlocks: (view) => {
      const ids = Array.from({ length: view.count }, (_, i) => view.firstId + i);
      const plugged = (id: number): number => view.pluggedSubblocks[id - view.firstId]!;
      return Uint32Array.from(ids.sort((a, b) => plugged(a) - plugged(b)));
    },
  });
  guest.block(0, 5);
  guest.resize(258 * MiB);
  expect(guest.memoryBlocks()).toEqual(["0 kernel-partial 2", "1 kernel 128", "2 kernel 128"]);
  expect(guest.resize(130 * MiB)).toEqual(["UNPLUG 1:0+64"]);
});

test("a policy that looks first tries only subblocks that look free", () => {
  const sense = (_startPfn: number, nrPages: number, count: number): object => ({
    freePages: new Uint32Array(count).fill(nrPages),
    movablePages: new Uint32Array(count),
    unmovablePages: Uint32Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 0 : 1)),
  });
  const guest = guestWith(
    {
      chunks: [1],
      subblocks: (view, id) => {
        const { unmovablePages } = view.sense(id)!;
        const free = [...unmovablePages.keys()].filter((i) => unmovablePages[i] === 0);
        return Uint16Array.from(free);
      },
    },
    { sense },
  );
  const requests = guest.resize(0);
  expect(requests).toHaveLength(96);
  expect(requests.slice(0, 3)).toEqual(["UNPLUG 2:0+1", "UNPLUG 2:2+1", "UNPLUG 2:4+1"]);
});

describe("caches that a policy gives back", () => {
  /** Two memory blocks with a busy subblock, which is free as soon as slab is given back. */
  const shrinkingGuest = (
    policy: Partial<UnplugPolicy>,
    given: number,
    driver: object = {},
  ): { guest: SimulatedGuest; asked: string[] } => {
    const asked: string[] = [];
    const shrink = (cache: string): number => {
      asked.push(cache);
      if (given > 0) guest.unblock(0, 3);
      return given;
    };
    const guest: SimulatedGuest = guestWith(policy, { shrink, ...driver });
    guest.block(0, 3);
    return { guest, asked };
  };

  test("when something stays: the run goes through once more", () => {
    const { guest, asked } = shrinkingGuest({ whenShort: ["slab"] }, 7);
    expect(guest.resize(0).at(-1)).toBe("UNPLUG 0:3+1");
    expect(asked).toEqual(["slab"]);
    expect([...guest.log.of("shrink")]).toMatchObject([{ cache: "slab", nrPages: 7 }]);
    expect(guest.results().at(-1)).toBe(0);
  });

  test("when something stays, in vain: the run ends as it would have", () => {
    const { guest, asked } = shrinkingGuest({ whenShort: ["slab"] }, 0);
    const before = guest.results().length;
    guest.resize(0);
    // once in each run that leaves something
    expect(asked).toEqual(
      guest
        .results()
        .slice(before)
        .map(() => "slab"),
    );
    expect(guest.memoryBlocks()).toEqual(["0 kernel-partial 2"]);
    expect(guest.results().at(-1)).toBe(-Errno.EBUSY);
  });

  test("not when nothing stays", () => {
    const { guest, asked } = shrinkingGuest({ whenShort: ["slab"] }, 7);
    guest.unblock(0, 3);
    guest.resize(0);
    expect(asked).toEqual([]);
  });

  test("before the first attempt, each of them", () => {
    const { guest, asked } = shrinkingGuest({ before: ["empty-slabs", "slab"] }, 7);
    const requests = guest.resize(0);
    expect(asked).toEqual(["empty-slabs", "slab"]);
    expect(requests.at(-1)).toBe("UNPLUG 0:0+64");
  });

  test("not where online memory is spared", () => {
    const { guest, asked } = shrinkingGuest({ before: ["slab"] }, 7, {
      parameters: { unplugOnline: false },
    });
    expect(guest.resize(0)).toEqual([]);
    expect(asked).toEqual([]);
    expect(guest.results().at(-1)).toBe(0);
  });
});

test("a run that can unplug what was asked for tries nothing beyond it", () => {
  const guest = guestWith({});
  const before = guest.memory.calls.length;
  expect(guest.resize(256 * MiB)).toEqual(["UNPLUG 2:0+64"]);
  expect(guest.memory.calls.slice(before).filter((call) => call.startsWith("contig"))).toHaveLength(
    1,
  );
});
