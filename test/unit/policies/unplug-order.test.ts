import { describe, expect, test } from "vitest";
import { linuxProfile } from "../../../src/linux/profile.js";
import { resolvePolicy } from "../../../src/policies/choice/resolve-policy.js";
import type { SubblockSummary } from "../../../src/virtio-mem/driver/unplug-policy.js";
import { MiB, pfnOf, SimulatedGuest } from "../virtio-mem/simulated-guest.js";

/** Movable and blocking pages by `memory block:subblock`; all else is free. */
interface Occupied {
  readonly movable?: Readonly<Record<string, number>>;
  readonly unmovable?: Readonly<Record<string, number>>;
}

/**
 * A guest of two memory blocks of 64 subblocks under a policy, and a count of the pages it looked
 * at.
 */
function guestUnder(policy: string, { movable = {}, unmovable = {} }: Occupied = {}) {
  const looked = { pages: 0 };
  const sense = (startPfn: number, nrPages: number, count: number): SubblockSummary => {
    looked.pages += nrPages * count;
    const summary = {
      freePages: new Uint32Array(count),
      movablePages: new Uint32Array(count),
      unmovablePages: new Uint32Array(count),
    };
    for (let at = 0; at < count; at++) {
      const key = [0, 1].flatMap((block) => {
        const subblock = (startPfn + at * nrPages - pfnOf(block, 0)) / 512;
        return subblock >= 0 && subblock < 64 ? [`${block}:${subblock}`] : [];
      })[0]!;
      summary.movablePages[at] = movable[key] ?? 0;
      summary.unmovablePages[at] = unmovable[key] ?? 0;
    }
    return summary;
  };
  const { unplug } = resolvePolicy(policy, linuxProfile("v6.1"));
  const guest = new SimulatedGuest({ driver: { policy: unplug, sense } });
  guest.resize(256 * MiB);
  for (const key of Object.keys(unmovable)) {
    const [block = 0, subblock = 0] = key.split(":").map(Number);
    guest.block(block, subblock);
  }
  const attempts = (): string[] =>
    [...guest.log.of("contig")].map(({ startPfn, nrPages }) => {
      const at = (startPfn - pfnOf(0, 0)) / 512;
      return `${Math.floor(at / 64)}:${at % 64}+${nrPages / 512}`;
    });
  return { guest, looked, attempts };
}

describe("sense-first", () => {
  test("makes no attempt on a chunk with a blocking page, and scans each page once per run", () => {
    const { guest, looked, attempts } = guestUnder("sense-first", { unmovable: { "1:7": 1 } });
    guest.resize(0);
    expect(attempts()).toHaveLength(63 + 1);
    expect(attempts()).not.toContain("1:7+1");
    expect(attempts()).not.toContain("1:0+64");
    // twice at memory block 1: the driver runs again when memory block 0 was removed
    expect(looked.pages).toBe(3 * 32768);
    expect(guest.device.pluggedSize).toBe(2 * MiB);
  });

  test("costs scans and saves nothing where nothing blocks", () => {
    const { guest, looked, attempts } = guestUnder("sense-first");
    guest.resize(0);
    expect(attempts()).toEqual(["1:0+64", "0:0+64"]);
    expect(looked.pages).toBe(2 * 32768);
  });
});

describe("free-areas-first", () => {
  test("goes by pages to move over all memory blocks, emptiest first", () => {
    const movable = Object.fromEntries(
      [0, 1].flatMap((block) =>
        Array.from({ length: 64 }, (_, at) => [`${block}:${at}`, 1 + ((at * 7 + block) % 128)]),
      ),
    );
    const { guest, attempts } = guestUnder("free-areas-first", { movable });
    guest.resize(128 * MiB);
    const pages = attempts().map((key) => movable[key.replace("+1", "")]!);
    expect(pages).toHaveLength(64);
    expect(pages).toEqual([...pages].sort((a, b) => a - b));
    expect(Math.max(...pages)).toBeLessThan(70);
  });

  test("keeps the order of Linux where everything is free", () => {
    const { guest, attempts } = guestUnder("free-areas-first");
    guest.resize(0);
    expect(attempts()).toEqual(["1:0+64", "0:0+64"]);
  });
});

describe("bigger-chunks-first", () => {
  test("tries halves of what refused, down to subblocks", () => {
    const { guest, attempts } = guestUnder("bigger-chunks-first", { unmovable: { "1:1": 1 } });
    guest.resize(128 * MiB);
    expect(attempts()).toEqual([
      ...["1:0+64", "1:32+32", "1:0+32", "1:16+16", "1:0+16", "1:8+8", "1:0+8"],
      ...["1:4+4", "1:0+4", "1:2+2", "1:0+2", "1:1+1", "1:0+1", "0:63+1"],
    ]);
  });

  test("pays for every size where each subblock refuses", () => {
    const unmovable = Object.fromEntries(Array.from({ length: 64 }, (_, at) => [`1:${at}`, 1]));
    const { guest, attempts } = guestUnder("bigger-chunks-first", { unmovable });
    guest.resize(128 * MiB);
    expect(
      attempts()
        .slice(0, 127)
        .every((key) => key.startsWith("1:")),
    ).toBe(true);
    const sensing = guestUnder("bigger-chunks-first+sense-first", { unmovable });
    sensing.guest.resize(128 * MiB);
    expect(sensing.attempts()).toEqual(["0:0+64"]);
  });
});
