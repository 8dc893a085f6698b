import { describe, expect, test } from "vitest";

import { Errno } from "../../../src/errno.js";
import { Guest, type NewGuestOptions } from "../../../src/guest/guest.js";
import type { MemoryNotifier } from "../../../src/linux/linux-memory.js";
import { PROFILE_NAMES, type ProfileName } from "../../../src/linux/profile.js";
import { coreModule } from "../../core-under-test.js";

// Total RAM, managed and present pages of added memory in each version
// (docs/spec/driver.md#accounting), over the pages of a real core. All sizes in MiB.

const MiB = 2 ** 20;
const PAGES_PER_MIB = 256;

async function guestOf(
  profile: ProfileName,
  autoOnline: "offline" | "online_kernel",
  options: NewGuestOptions = {},
): Promise<Guest> {
  return Guest.create({ profile, online: { autoOnline }, core: coreModule(), ...options });
}

interface Books {
  readonly totalRam: number;
  readonly managed: number;
  readonly present: number;
}

/** What the device's memory adds to the accounting. */
function booksOf(guest: Guest): Books {
  const zone = guest.zones.find("Normal", 0);
  const boot = guest.zones.all().reduce((sum, { bootPresent }) => sum + bootPresent, 0);
  return {
    totalRam: (guest.zones.totalRam - boot) / PAGES_PER_MIB,
    managed: (zone?.managed ?? 0) / PAGES_PER_MIB,
    present: (zone?.present ?? 0) / PAGES_PER_MIB,
  };
}

function idOf(guest: Guest, index: number): number {
  return guest.driver.memoryBlocks()[index]!.id;
}

const RFC3: readonly ProfileName[] = ["rfc3-seed", "rfc3"];
const LATER = PROFILE_NAMES.slice(2);

test.each(PROFILE_NAMES)(
  "%s: what is online and plugged counts, present pages all",
  async (profile) => {
    const guest = await guestOf(profile, "online_kernel");
    guest.requestSize(192 * MiB);
    expect(booksOf(guest)).toEqual({ totalRam: 192, managed: 192, present: 256 });
  },
);

test.each(PROFILE_NAMES)("%s: what is offline counts nowhere", async (profile) => {
  const guest = await guestOf(profile, "offline");
  guest.requestSize(192 * MiB);
  expect(booksOf(guest)).toEqual({ totalRam: 0, managed: 0, present: 0 });
});

describe("pages taken back", () => {
  test.each(RFC3)("stay managed in %s, and leave total RAM", async (profile) => {
    const guest = await guestOf(profile, "online_kernel");
    guest.requestSize(128 * MiB);
    guest.requestSize(64 * MiB);
    expect(booksOf(guest)).toEqual({ totalRam: 64, managed: 128, present: 128 });
    guest.requestSize(128 * MiB);
    expect(booksOf(guest)).toEqual({ totalRam: 128, managed: 128, present: 128 });
  });

  test.each(LATER)("leave both in %s, and come back to both", async (profile) => {
    const guest = await guestOf(profile, "online_kernel");
    guest.requestSize(128 * MiB);
    guest.requestSize(64 * MiB);
    expect(booksOf(guest)).toEqual({ totalRam: 64, managed: 64, present: 128 });
    guest.requestSize(128 * MiB);
    expect(booksOf(guest)).toEqual({ totalRam: 128, managed: 128, present: 128 });
  });

  test.each(PROFILE_NAMES)("count as before in %s if the device refuses", async (profile) => {
    const guest = await Guest.create({
      profile,
      online: { autoOnline: "online_kernel" },
      host: { discard: () => false },
      core: coreModule(),
    });
    guest.requestSize(128 * MiB);
    const before = booksOf(guest);
    guest.requestSize(64 * MiB);
    expect([...guest.log.of("request")].at(-1)?.response).toBe("BUSY");
    expect(booksOf(guest)).toEqual(before);
    expect(guest.driver.memoryBlocks()[0]?.state).toBe("kernel");
  });
});

describe("pages never onlined", () => {
  test.each(PROFILE_NAMES)("count in %s once they are plugged", async (profile) => {
    const guest = await guestOf(profile, "online_kernel");
    guest.requestSize(64 * MiB);
    expect(booksOf(guest)).toEqual({ totalRam: 64, managed: 64, present: 128 });
    guest.requestSize(96 * MiB);
    expect(booksOf(guest)).toEqual({ totalRam: 96, managed: 96, present: 128 });
  });
});

describe("a partly plugged memory block that goes offline", () => {
  test("cannot in rfc3-seed: its unplugged pages block", async () => {
    const guest = await guestOf("rfc3-seed", "online_kernel");
    guest.requestSize(64 * MiB);
    const before = booksOf(guest);
    expect(guest.hotplug.offlineMemoryBlock(idOf(guest, 0))).toBe(-Errno.EBUSY);
    expect(booksOf(guest)).toEqual(before);
  });

  test("leaves rfc3 with too few managed pages: those never onlined are subtracted, too", async () => {
    const guest = await guestOf("rfc3", "online_kernel");
    guest.requestSize(192 * MiB);
    expect(guest.hotplug.offlineMemoryBlock(idOf(guest, 1))).toBe(0);
    expect(booksOf(guest)).toEqual({ totalRam: 128, managed: 64, present: 128 });
  });

  test("leaves rfc3 with the right ones if its pages had been taken back", async () => {
    // downwards, because the memmap of the second memory block lies in the first
    const guest = await guestOf("rfc3", "online_kernel", { policy: "v5.8" });
    guest.requestSize(256 * MiB);
    guest.requestSize(192 * MiB);
    expect(booksOf(guest)).toEqual({ totalRam: 192, managed: 256, present: 256 });
    const [partial] = guest.driver.memoryBlocks().filter(({ state }) => state.endsWith("partial"));
    expect(guest.hotplug.offlineMemoryBlock(partial!.id)).toBe(0);
    expect(booksOf(guest)).toEqual({ totalRam: 128, managed: 128, present: 128 });
  });

  test.each(LATER)("takes what it brought in %s", async (profile) => {
    const guest = await guestOf(profile, "online_kernel");
    guest.requestSize(192 * MiB);
    expect(guest.hotplug.offlineMemoryBlock(idOf(guest, 1))).toBe(0);
    expect(booksOf(guest)).toEqual({ totalRam: 128, managed: 128, present: 128 });
    expect(guest.hotplug.onlineMemoryBlock(idOf(guest, 1), "online_kernel")).toBe(0);
    expect(booksOf(guest)).toEqual({ totalRam: 192, managed: 192, present: 256 });
  });
});

describe("a notifier that vetoes before the driver is asked", () => {
  /** A guest in which another notifier comes first, and vetoes that memory goes offline. */
  async function vetoed(profile: ProfileName): Promise<Guest> {
    const guest = await guestOf(profile, "online_kernel");
    guest.requestSize(192 * MiB);
    const vetoing: MemoryNotifier = {
      goingOnline: () => true,
      online: () => undefined,
      cancelOnline: () => undefined,
      goingOffline: () => false,
      offline: () => undefined,
      cancelOffline: () => undefined,
      pluggedRuns: () => undefined,
      memoryGroup: () => undefined,
    };
    guest.hotplug.registerNotifier(vetoing, 1);
    return guest;
  }

  test("makes rfc3 take back from total RAM what it never added", async () => {
    const guest = await vetoed("rfc3");
    expect(guest.hotplug.offlineMemoryBlock(idOf(guest, 1))).toBe(-Errno.EBUSY);
    expect(booksOf(guest)).toEqual({ totalRam: 128, managed: 192, present: 256 });
  });

  test.each(LATER)("changes nothing in %s", async (profile) => {
    const guest = await vetoed(profile);
    expect(guest.hotplug.offlineMemoryBlock(idOf(guest, 1))).toBe(-Errno.EBUSY);
    expect(booksOf(guest)).toEqual({ totalRam: 192, managed: 192, present: 256 });
  });
});

describe("after the driver was unloaded", () => {
  test.each(PROFILE_NAMES)(
    "%s: online memory goes offline only where it is whole",
    async (profile) => {
      const guest = await guestOf(profile, "online_kernel");
      guest.requestSize(320 * MiB);
      const [, whole, partial] = guest.driver.remove();
      expect(guest.hotplug.offlineMemoryBlock(partial!)).toBe(-Errno.EBUSY);
      expect(booksOf(guest)).toEqual({ totalRam: 320, managed: 320, present: 384 });
      expect(guest.hotplug.offlineMemoryBlock(whole!)).toBe(0);
      expect(booksOf(guest)).toEqual({ totalRam: 192, managed: 192, present: 256 });
      guest.pages.validate();
    },
  );
});

test.each(PROFILE_NAMES)(
  "%s: memory in the region that another driver added stays offline",
  async (profile) => {
    const guest = await guestOf(profile, "online_kernel");
    guest.requestSize(128 * MiB);
    const foreign = idOf(guest, 0) + 5;
    expect(guest.hotplug.addMemoryBlocks(foreign, 1)).toBe(0);
    expect(guest.hotplug.memoryBlock(foreign)?.state).toBe("offline");
    expect(guest.hotplug.onlineMemoryBlock(foreign, "online_kernel")).toBe(-Errno.EBUSY);
    expect(booksOf(guest)).toEqual({ totalRam: 128, managed: 128, present: 128 });
  },
);

test("a driver fails to load where the device insists on what it does not know", async () => {
  const { device } = await guestOf("v6.1", "offline");
  expect(device.hasAccepted("UnpluggedInaccessible")).toBe(true);
  const firecracker = Guest.create({
    profile: "v5.14",
    flavour: "firecracker",
    core: coreModule(),
  });
  await expect(firecracker).rejects.toThrow(
    "load the driver of v5.14, which lacks a feature: EINVAL",
  );
});
