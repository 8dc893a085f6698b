import { describe, expect, test } from "vitest";

import { OfflineLimit } from "../../../../src/virtio-mem/driver/offline-limit.js";

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;

describe("a limit by size", () => {
  const rule = { kind: "size", size: GiB } as const;

  test("holds for what is offline and what is added together", () => {
    const limit = new OfflineLimit(rule, 128 * MiB);
    expect(limit.allows(GiB, 1000)).toBe(true);
    expect(limit.allows(GiB + MiB, 0)).toBe(false);
    limit.offlineSize = 900 * MiB;
    expect(limit.allows(124 * MiB, 0)).toBe(true);
    expect(limit.allows(125 * MiB, 0)).toBe(false);
  });

  test("always has room for two units", () => {
    const limit = new OfflineLimit(rule, 2 * GiB);
    expect(limit.allows(4 * GiB, 0)).toBe(true);
    expect(limit.allows(4 * GiB + MiB, 0)).toBe(false);
  });

  test("lets a run begin again once half of it is free", () => {
    const limit = new OfflineLimit(rule, 128 * MiB);
    limit.offlineSize = 513 * MiB;
    expect(limit.isWorthARun(0)).toBe(false);
    limit.offlineSize = 512 * MiB;
    expect(limit.isWorthARun(0)).toBe(true);
    expect(limit.isWorthARun(1000)).toBe(true);
  });
});

describe("a limit by the number of memory blocks", () => {
  const rule = { kind: "memory-blocks", count: 10 } as const;

  test("holds whatever their size", () => {
    const limit = new OfflineLimit(rule, 128 * MiB);
    limit.offlineSize = 1000 * GiB;
    expect(limit.allows(1000 * GiB, 9)).toBe(true);
    expect(limit.allows(0, 10)).toBe(false);
  });

  test("lets a run begin again just when there is room for one", () => {
    const limit = new OfflineLimit(rule, 128 * MiB);
    expect([8, 9, 10].map((nrOffline) => limit.isWorthARun(nrOffline))).toEqual([
      false,
      true,
      false,
    ]);
  });
});
