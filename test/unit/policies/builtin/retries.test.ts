import { describe, expect, test } from "vitest";
import { linuxProfile } from "../../../../src/linux/profile.js";
import { resolvePolicy } from "../../../../src/policies/choice/resolve-policy.js";
import { MiB, SimulatedGuest } from "../../virtio-mem/simulated-guest.js";

const SECOND = 1e9;

/** A guest of one memory block whose subblock 5 refuses; asked for all of it. */
function stuckGuest(policy: string, freeSize?: () => number): SimulatedGuest {
  const { unplug, retry } = resolvePolicy(policy, linuxProfile("v6.1"));
  const options = freeSize === undefined ? {} : { freeSize };
  const guest = new SimulatedGuest({ driver: { policy: unplug, retry, ...options } });
  guest.resize(128 * MiB);
  guest.block(0, 5);
  guest.resize(0);
  return guest;
}

/** Seconds between the runs of the next hours. */
function waits(guest: SimulatedGuest, hours: number): number[] {
  guest.clock.advanceToNs(guest.clock.nowNs + hours * 3600 * SECOND);
  const starts = [...guest.log.of("run-start")].map(({ atNs }) => atNs / SECOND);
  const from = starts.length - [...guest.log.of("run-start")].filter(isRetry).length;
  return starts.slice(from).map((start, at) => start - (starts[from + at - 1] ?? 0));
}

function isRetry({ trigger }: { readonly trigger: string }): boolean {
  return trigger === "retry-timer";
}

describe("retries", () => {
  test("Linux doubles from 50 s to 5 min", () => {
    expect(waits(stuckGuest("linux"), 0.5)).toEqual([50, 100, 200, 300, 300, 300, 300]);
  });

  test("retry-fixed waits the same each time", () => {
    expect(waits(stuckGuest("retry-fixed=10s"), 0.01)).toEqual([10, 10, 10]);
    expect(waits(stuckGuest("retry-fixed"), 0.03)).toEqual([30, 30, 30]);
  });

  test("retry-exponential begins sooner and ends up later than Linux", () => {
    expect(waits(stuckGuest("retry-exponential"), 2).slice(0, 10)).toEqual([
      5, 10, 20, 40, 80, 160, 320, 640, 1280, 1800,
    ]);
  });

  test("retry-bounded ends, and a resize request starts it again", () => {
    const guest = stuckGuest("retry-bounded=2");
    expect(waits(guest, 10)).toEqual([50, 100]);
    expect(guest.driver.retryDueNs).toBeUndefined();
    guest.resize(64 * MiB);
    guest.resize(0);
    expect(guest.driver.retryDueNs).toBeDefined();
  });

  test("retry-on-free runs at once when a subblock's worth was freed, and not for less", () => {
    let free = 0;
    const guest = stuckGuest("retry-on-free", () => free);
    guest.requests();
    free = 2 * MiB - 4096;
    guest.driver.noticeFreed();
    expect(guest.requests()).toEqual([]);
    guest.unblock(0, 5);
    free = 2 * MiB;
    guest.driver.noticeFreed();
    expect(guest.requests()).toEqual(["UNPLUG 0:5+1"]);
    const triggers = [...guest.log.of("run-start")].map(({ trigger }) => trigger);
    expect(triggers).toContain("memory-freed");
  });

  test("without that policy freed memory is no reason to run", () => {
    const guest = stuckGuest("linux", () => 10 ** 9);
    const runs = [...guest.log.of("run-start")].length;
    guest.driver.noticeFreed();
    expect([...guest.log.of("run-start")]).toHaveLength(runs);
  });
});

test("bounded-effort ends a run after so many refusals, where Linux tries everything", () => {
  const failures = (policy: string): number => {
    const { unplug } = resolvePolicy(policy, linuxProfile("v6.1"));
    const guest = new SimulatedGuest({ driver: { policy: unplug } });
    guest.resize(256 * MiB);
    for (let at = 0; at < 64; at++) guest.block(1, at);
    guest.resize(128 * MiB);
    return [...guest.log.of("contig")].filter(({ errno }) => errno !== 0).length;
  };
  expect(failures("bounded-effort=10")).toBe(10);
  expect(failures("linux")).toBe(65);
});

describe("empty-blocks-first", () => {
  /** Three partly plugged memory blocks with 30, 4 and 60 subblocks, from the lowest on. */
  const known = [30, 4, 60].map((count) => ({
    zone: "Normal" as const,
    plugged: [[0, count]] as const,
  }));

  test("removes the memory blocks that take the fewest subblocks, Linux the highest", () => {
    const kept = (policy: string): string[] => {
      const { unplug } = resolvePolicy(policy, linuxProfile("v6.1"));
      const guest = new SimulatedGuest({ known, driver: { policy: unplug } });
      guest.resize(60 * 2 * MiB);
      return guest.memoryBlocks();
    };
    expect(kept("empty-blocks-first")).toEqual(["2 kernel-partial 120"]);
    expect(kept("linux")).toEqual([
      "0 kernel-partial 60",
      "1 kernel-partial 8",
      "2 kernel-partial 52",
    ]);
  });

  test("removes emptied memory blocks where the patch of 2019 kept them for ever", () => {
    const kept = (policy: string): string[] => {
      const { unplug } = resolvePolicy(policy, linuxProfile("rfc3-seed"));
      const guest = new SimulatedGuest({ profile: "rfc3-seed", driver: { policy: unplug } });
      guest.resize(256 * MiB);
      guest.resize(128 * MiB);
      return guest.memoryBlocks();
    };
    expect(kept("rfc3-seed")).toEqual(["0 kernel-partial 0", "1 kernel 128"]);
    expect(kept("rfc3-seed+empty-blocks-first")).toEqual(["0 kernel 128"]);
  });
});

test.each([
  [
    "retry-fixed=",
    "value of policy retry-fixed must be a time such as 300ms, 90s, 10min, 2h or 17h30min, at most 100 days, got ",
  ],
  ["retry-fixed=0s", "value of policy retry-fixed must be at least 1ms, got 0s"],
  [
    "retry-bounded=x",
    "value of policy retry-bounded must be a whole number from 0 to 1000000, got x",
  ],
  [
    "bounded-effort=0",
    "value of policy bounded-effort must be a whole number from 1 to 1000000, got 0",
  ],
  ["reserve=lots", "value of policy reserve must be"],
  ["retry-fixd=3s", "policy must be a known one; near is retry-fixed, got"],
  ["retry-fixed+retry-on-free", "each decides when to try again"],
  ["retry-fixed=1s+retry-fixed=2s", "each decides when to try again"],
])("refuses %s", (choice, message) => {
  expect(() => resolvePolicy(choice, linuxProfile("v6.1"))).toThrow(message);
});
