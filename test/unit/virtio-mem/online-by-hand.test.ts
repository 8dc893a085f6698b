import { describe, expect, test } from "vitest";
import { Errno } from "../../../src/errno.js";
import { Guest } from "../../../src/guest/guest.js";
import type { ProfileName } from "../../../src/linux/profile.js";
import { coreModule } from "../../core-under-test.js";

// User space and the driver, over the pages of a real core.

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;

async function guestOf(profile: ProfileName, autoOnline: "offline" | "online"): Promise<Guest> {
  return Guest.create({
    profile,
    bootSize: GiB,
    regionSize: 4 * GiB,
    online: { autoOnline },
    core: coreModule(),
  });
}

function states(guest: Guest): string[] {
  return guest.driver.memoryBlocks().map(({ state }) => state);
}

describe("memory that is not onlined automatically", () => {
  test("stops at a GiB, and goes on when it is onlined late", async () => {
    const guest = await guestOf("v6.1", "offline");
    guest.requestSize(2 * GiB);
    expect(guest.device.pluggedSize).toBe(GiB);
    expect(guest.driver.retryDueNs).toBeUndefined();
    const [first] = guest.driver.memoryBlocks();
    for (let i = 0; i < 5; i++) {
      expect(guest.hotplug.onlineMemoryBlock(first!.id + i, "online_movable")).toBe(0);
    }
    guest.driver.run();
    expect(guest.device.pluggedSize).toBe(GiB + 640 * MiB);
    expect(states(guest).slice(0, 6)).toEqual([...Array<string>(5).fill("movable"), "offline"]);
  });

  test("is never online and goes by runs, without a page moved", async () => {
    const guest = await guestOf("v6.1", "offline");
    guest.requestSize(GiB);
    guest.requestSize(64 * MiB);
    expect(states(guest)).toEqual(["offline-partial"]);
    expect([...guest.log.of("contig")]).toEqual([]);
  });

  test.each<{ profile: ProfileName; errno: number }>([
    { profile: "v5.8", errno: -Errno.EBUSY },
    { profile: "v5.10", errno: 0 },
    { profile: "v6.1", errno: 0 },
  ])("and is partly plugged goes to ZONE_MOVABLE in $profile: $errno", async (row) => {
    const guest = await guestOf(row.profile, "offline");
    guest.requestSize(64 * MiB);
    const [block] = guest.driver.memoryBlocks();
    expect(guest.hotplug.onlineMemoryBlock(block!.id, "online_movable")).toBe(row.errno);
  });
});

describe("memory taken offline by hand", () => {
  test("is unplugged by runs by the next request, and comes back online where it is told", async () => {
    const guest = await guestOf("v6.1", "online");
    guest.requestSize(512 * MiB);
    const ids = guest.driver.memoryBlocks().map(({ id }) => id);
    expect(guest.hotplug.offlineMemoryBlock(ids[2]!)).toBe(0);
    expect(guest.hotplug.offlineMemoryBlock(ids[2]!)).toBe(-Errno.EINVAL);
    expect(states(guest)).toEqual(["kernel", "kernel", "offline", "kernel"]);
    guest.requestSize(448 * MiB);
    expect(states(guest)).toEqual(["kernel", "kernel", "offline-partial", "kernel"]);
    expect(guest.hotplug.onlineMemoryBlock(ids[2]!, "online_kernel")).toBe(0);
    expect(states(guest)).toEqual(["kernel", "kernel", "kernel-partial", "kernel"]);
    guest.requestSize(512 * MiB);
    expect(states(guest)).toEqual(["kernel", "kernel", "kernel", "kernel"]);
    expect(guest.hotplug.onlineMemoryBlock(ids[2]!, "online")).toBe(-Errno.EINVAL);
    expect(guest.hotplug.onlineMemoryBlock(9999, "online")).toBe(-Errno.EINVAL);
    expect(guest.hotplug.offlineMemoryBlock(9999)).toBe(-Errno.EINVAL);
  });
});

test("a memory block goes neither online nor offline while the driver works on it", async () => {
  const guest = await guestOf("v6.1", "online");
  guest.requestSize(256 * MiB);
  const [, last] = guest.driver.memoryBlocks();
  const results: number[] = [];
  guest.log.follow(({ type }) => {
    if (type === "contig") results.push(guest.hotplug.offlineMemoryBlock(last!.id));
  });
  guest.requestSize(252 * MiB);
  expect(results).toEqual([-Errno.EBUSY, -Errno.EBUSY]);
  expect(states(guest)).toEqual(["kernel", "kernel-partial"]);
  expect(guest.hotplug.offlineMemoryBlock(last!.id)).toBe(0);
  guest.pages.validate();
});
