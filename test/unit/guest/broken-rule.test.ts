import { expect, test } from "vitest";

import { brokenRuleOf } from "../../../src/guest/broken-rule.js";
import { Guest } from "../../../src/guest/guest.js";
import { coreModule } from "../../core-under-test.js";

const MiB = 2 ** 20;

test("total RAM is without the struct pages that memory blocks have for themselves", async () => {
  const guest = await Guest.create({
    core: coreModule(),
    regionSize: 512 * MiB,
    policy: "memmap-on-memory",
  });
  const before = guest.zones.totalRam;
  guest.requestSize(256 * MiB);
  expect(guest.device.pluggedSize).toBe(256 * MiB);
  // 2 MiB in each of two memory blocks
  expect((guest.zones.totalRam - before) * 4096).toBe(252 * MiB);
  expect(brokenRuleOf(guest, false)).toBeUndefined();
});

test.each(["rfc3", "v6.1"] as const)("a veto costs no total RAM but with %s", async (profile) => {
  const guest = await Guest.create({
    core: coreModule(),
    regionSize: 512 * MiB,
    profile,
    online: { autoOnline: "online_kernel" },
  });
  guest.requestSize(256 * MiB);
  const nothing = (): undefined => undefined;
  guest.hotplug.registerNotifier(
    {
      ...{ goingOnline: () => true, online: nothing, cancelOnline: nothing },
      ...{ goingOffline: () => false, offline: nothing, cancelOffline: nothing },
      ...{ pluggedRuns: nothing, memoryGroup: nothing },
    },
    1,
  );
  const boot = guest.zones.totalRam * 4096 - guest.device.pluggedSize;
  guest.requestSize(0);
  const left = guest.zones.totalRam * 4096 - boot;
  if (profile === "rfc3") expect(left).toBeLessThan(guest.device.pluggedSize);
  else expect(left).toBe(guest.device.pluggedSize);
  expect(brokenRuleOf(guest, false)).toBeUndefined();
});

test("a zone that counts pages which are not there breaks a rule, in words", async () => {
  const guest = await Guest.create({ core: coreModule(), regionSize: 256 * MiB });
  guest.requestSize(128 * MiB);
  expect(brokenRuleOf(guest, false)).toBeUndefined();
  const zone = guest.zones.all()[0]!;
  const { managed, present } = zone;
  zone.managed = present + 1;
  expect(brokenRuleOf(guest, false)).toBe(
    `node 0, zone ${zone.kind}: managed must be at most ${present}, got ${present + 1}`,
  );
  zone.managed = managed;
  zone.present = present + 512;
  expect(brokenRuleOf(guest, false)).toBe(
    `node 0, zone ${zone.kind}: present must be ${present} pages, got ${present + 512}`,
  );
});
