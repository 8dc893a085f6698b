import { describe, expect, test } from "vitest";

import { AllocFlag, Migratetype, PageClass } from "../../../src/core/abi.js";
import { readCapture } from "../../../src/capture/read-capture.js";
import { Guest } from "../../../src/guest/guest.js";
import type { NewGuestOptions } from "../../../src/guest/options.js";
import { linuxProfile, PROFILE_NAMES } from "../../../src/linux/profile.js";
import type { Policy } from "../../../src/policies/policy.js";
import { GiB, MiB } from "../../../src/units.js";
import { QEMU_FLAVOUR } from "../../../src/virtio-mem/device/flavour.js";
import { coreModule } from "../../core-under-test.js";
import { webServer } from "../capture/sample-captures.js";

const core = coreModule();

async function shrunk(options: NewGuestOptions = {}): Promise<Guest> {
  const guest = await Guest.create({ core, bootSize: 512 * MiB, regionSize: GiB, ...options });
  guest.requestSize(GiB);
  const request = {
    ...{ order: 0, type: Migratetype.Unmovable, pageClass: PageClass.Kernel, node: 0 },
    kind: "Normal",
    flags: AllocFlag.Compound,
  } as const;
  guest.pages.allocBulk(200_000, request, []);
  guest.requestSize(64 * MiB);
  return guest;
}

describe("a snapshot", () => {
  test("brings back what is plugged, the retry timer and the time", async () => {
    const guest = await shrunk();
    expect(guest.device.pluggedSize).toBeGreaterThan(64 * MiB);
    const again = await Guest.restore(guest.snapshot(), { core });
    expect(again.pluggedMap()).toBe(guest.pluggedMap());
    expect(again.driver.retryDueNs).toBe(guest.driver.retryDueNs);
    expect(again.clock.nowNs).toBe(guest.clock.nowNs);
    expect(again.log.length).toBe(guest.log.length);
    expect(again.log.entries).toEqual([]);
    const entries = guest.log.length;
    for (const one of [guest, again]) one.advanceTo(1_000_000);
    expect(again.log.entries).toEqual(guest.log.entries.slice(entries));
    expect(again.log.entries.length).toBeGreaterThan(5);
    expect(again.pages.validate()).toBeUndefined();
  });

  test("is equal for equal guests, and changes nothing of the guest", async () => {
    const guest = await shrunk();
    const first = Buffer.from(guest.snapshot());
    expect(first.equals(Buffer.from(guest.snapshot()))).toBe(true);
    expect(first.equals(Buffer.from((await shrunk()).snapshot()))).toBe(true);
  });

  test("of a fork goes its own way", async () => {
    const guest = await shrunk();
    const before = guest.pluggedMap();
    const fork = await guest.fork();
    fork.requestSize(GiB);
    expect(guest.pluggedMap()).toBe(before);
    expect(fork.pluggedMap()).not.toBe(before);
  });

  test("of a captured guest keeps what its capture said", async () => {
    const capture = await readCapture(await webServer());
    const guest = await Guest.fromCapture(capture, { core });
    const entries = guest.log.length;
    const again = await Guest.restore(guest.snapshot(), { core });
    expect(again.kernel).toEqual(guest.kernel);
    expect(again.loaded).toEqual(guest.loaded);
    expect(again.kernelNotes).toEqual(guest.kernelNotes);
    for (const one of [guest, again]) one.requestSize(0);
    expect(again.pluggedMap()).toBe(guest.pluggedMap());
    expect(again.log.entries).toEqual(guest.log.entries.slice(entries));
  });

  test("has room for every profile: each is plain data", () => {
    for (const name of PROFILE_NAMES) {
      const profile = linuxProfile(name);
      expect(JSON.parse(JSON.stringify(profile)), name).toEqual(profile);
    }
  });
});

describe("a policy of its own", () => {
  const calm: Policy = { name: "calm", summary: "gives up soon", unplug: { mostFailures: 3 } };

  test("has to be given again", async () => {
    const guest = await shrunk({ policy: calm });
    const snapshot = guest.snapshot();
    await expect(Guest.restore(snapshot, { core })).rejects.toThrow(
      "policy must be given again for a snapshot with a policy of its own, got none for calm",
    );
    await expect(Guest.restore(snapshot, { core, policy: "drop-caches" })).rejects.toThrow(
      "policy must be that of the snapshot, calm, got drop-caches",
    );
    expect((await Guest.restore(snapshot, { core, policy: calm })).policy.name).toBe("calm");
    expect((await guest.fork()).policy.name).toBe("calm");
  });

  test("by names comes back by itself", async () => {
    const guest = await shrunk({ policy: "isolate-first+drop-caches" });
    const again = await Guest.restore(guest.snapshot(), { core });
    expect(again.policy.name).toBe("isolate-first+drop-caches");
  });
});

describe("what is refused", () => {
  test("a flavour of its own", async () => {
    const guest = await Guest.create({
      core,
      flavour: { ...QEMU_FLAVOUR, busyWhileMigrating: false },
    });
    expect(() => guest.snapshot()).toThrow(/^flavour must be one of spec, qemu, .* in a snapshot/);
  });

  test("a snapshot in the midst of a run", async () => {
    const guest = await Guest.create({ core, regionSize: GiB });
    const errors: unknown[] = [];
    guest.log.follow(({ type }) => {
      if (type !== "request") return;
      try {
        guest.snapshot();
      } catch (error) {
        errors.push(error);
      }
    });
    guest.requestSize(128 * MiB);
    expect(String(errors[0])).toMatch(/save a driver in the midst of a run: EBUSY/);
  });

  test.each([
    ["nothing", undefined, "snapshot must be an ArrayBuffer, got undefined"],
    ["a view", new Uint8Array(64), "snapshot must be an ArrayBuffer, got an object"],
    ["no bytes", new ArrayBuffer(0), "snapshot must be one of Guest.snapshot(), got 0 other bytes"],
    [
      "zeros",
      new ArrayBuffer(999),
      "snapshot must be one of Guest.snapshot(), got 999 other bytes",
    ],
  ])("%s", async (_, buffer, message) => {
    await expect(Guest.restore(buffer as ArrayBuffer, { core })).rejects.toThrow(message);
  });

  test("one that is cut off, of another version, or has any byte changed", async () => {
    const guest = await Guest.create({ core, bootSize: 128 * MiB, regionSize: 128 * MiB });
    const whole = guest.snapshot();
    const size = whole.byteLength;
    await expect(Guest.restore(whole.slice(0, size - 1), { core })).rejects.toThrow(
      `snapshot must be whole, ${size} bytes by its header, got ${size - 1}`,
    );
    // a few bytes, and the header byte by byte
    const places = [...Array(32).keys()];
    for (let at = 32; at < size; at += 499_979) places.push(at);
    for (const at of places) {
      const damaged = whole.slice(0);
      const bytes = new Uint8Array(damaged);
      bytes[at] = (bytes[at] ?? 0) ^ 0x10;
      await expect(Guest.restore(damaged, { core }), `byte ${at}`).rejects.toThrow(
        /^snapshot must/,
      );
    }
    const text = new TextDecoder().decode(new Uint8Array(whole, 32, 60));
    expect(text).toMatch(/^{"coreId":"[\da-f]{16}"/);
  });
});
