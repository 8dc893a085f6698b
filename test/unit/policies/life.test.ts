import { describe, expect, test } from "vitest";
import { Migratetype, PageClass } from "../../../src/core/abi.js";
import type { ZoneKind } from "../../../src/core/zone-kind.js";
import { Guest } from "../../../src/guest/guest.js";
import { mostGrowth } from "../../../src/linux/memmap.js";
import { runScenario } from "../../../src/scenario/run.js";
import { parseScenario } from "../../../src/scenario/parse.js";
import type { ScenarioResult } from "../../../src/scenario/result.js";

const MiB = 1024 ** 2;
const GiB = 1024 * MiB;

describe("memmap-on-memory", () => {
  /** A guest of 128 MiB that grows by 32 GiB of movable memory, as far as it can. */
  async function grown(policy: string): Promise<Guest> {
    const guest = await Guest.create({
      bootSize: 128 * MiB,
      regionSize: 32 * GiB,
      online: { autoOnline: "online_movable" },
      policy,
    });
    guest.requestSize(32 * GiB);
    return guest;
  }

  test("lets a small guest grow all the way, where its own memory has no room for struct pages", async () => {
    const older = await grown("linux");
    expect(older.device.pluggedSize).toBeLessThanOrEqual(mostGrowth(128 * MiB));
    expect(older.device.pluggedSize).toBeGreaterThan(mostGrowth(64 * MiB));
    const own = await grown("memmap-on-memory");
    expect(own.device.pluggedSize).toBe(32 * GiB);
    expect(own.pages.validate()).toBeUndefined();
  });

  test("costs 2 MiB of each memory block, and gives all of it back in the end", async () => {
    const guest = await grown("memmap-on-memory");
    const managed = guest.zones.find("Movable", 0)!.managed;
    expect(managed * 4096).toBe(((32 * GiB) / 128 / MiB) * 126 * MiB);
    guest.requestSize(GiB + 64 * MiB);
    expect(guest.device.pluggedSize).toBe(GiB + 64 * MiB);
    guest.requestSize(0);
    expect(guest.device.pluggedSize).toBe(0);
    expect(guest.pages.validate()).toBeUndefined();
  });

  test("keeps the struct pages of a memory block that cannot be emptied plugged", async () => {
    const guest = await Guest.create({
      bootSize: 256 * MiB,
      regionSize: 128 * MiB,
      online: { autoOnline: "online_kernel" },
      policy: "memmap-on-memory",
    });
    guest.requestSize(128 * MiB);
    const request = { order: 0, type: Migratetype.Unmovable, pageClass: PageClass.Kernel };
    const pfn = guest.pages.tryAlloc({ ...request, kind: "Normal", node: 0 })!;
    expect(pfn).toBeGreaterThan(2 ** 20);
    guest.requestSize(0);
    expect(guest.device.pluggedSize).toBe(4 * MiB);
    guest.pages.free(pfn, 0);
    guest.driver.ask();
    guest.driver.run();
    expect(guest.device.pluggedSize).toBe(0);
  });

  test("is refused where big blocks are unplugged as a whole", async () => {
    const options = { driver: { forceBbm: true }, policy: "memmap-on-memory" };
    await expect(Guest.create(options)).rejects.toThrow(
      "memmap must be in older memory in big-block mode, got added-memory",
    );
  });
});

describe("zones for added memory", () => {
  /** Zones of the memory blocks of a guest of 512 MiB that grows by 2 GiB. */
  async function zones(policy: string): Promise<(string | undefined)[]> {
    const guest = await Guest.create({ bootSize: 512 * MiB, regionSize: 2 * GiB, policy });
    guest.requestSize(2 * GiB);
    return guest.driver.memoryBlocks().map(({ zone }) => zone);
  }

  test("prefer-movable mixes 1 : 4, or another ratio", async () => {
    const five = ["Normal", "PreferMovable", "PreferMovable", "PreferMovable", "PreferMovable"];
    expect((await zones("prefer-movable")).slice(0, 10)).toEqual([...five, ...five]);
    expect((await zones("prefer-movable=1")).slice(0, 4)).toEqual([
      "Normal",
      "PreferMovable",
      "Normal",
      "PreferMovable",
    ]);
  });

  test("auto-movable stops at its ratio of the kernel's memory", async () => {
    const movable = (kinds: readonly unknown[]) =>
      kinds.filter((kind) => kind === "Movable").length;
    expect(movable(await zones("auto-movable=100"))).toBe(10);
    expect(movable(await zones("auto-movable=301"))).toBe(15);
    expect(movable(await zones("auto-movable=0"))).toBe(0);
  });

  async function preferGuest(policy: string): Promise<Guest> {
    const guest = await Guest.create({ bootSize: 512 * MiB, regionSize: 640 * MiB, policy });
    guest.requestSize(640 * MiB);
    return guest;
  }

  function fill(guest: Guest, type: Migratetype, kind: ZoneKind, nr: number): string[] {
    const pageClass = type === Migratetype.Movable ? PageClass.Anon : PageClass.Kernel;
    const runs: [number, number][] = [];
    guest.pages.allocBulk(nr, { order: 0, type, pageClass, kind, node: 0 }, runs);
    const order: string[] = [];
    for (const [pfn] of runs) {
      const zone = guest.zones.byId(guest.pages.zoneIndex(pfn)!).kind;
      if (order.at(-1) !== zone) order.push(zone);
    }
    return order;
  }

  test("movable pages go to ZONE_PREFER_MOVABLE first, kernel pages to ZONE_NORMAL and only then there", async () => {
    const all = 1_000_000;
    const movable = fill(await preferGuest("prefer-movable"), Migratetype.Movable, "Movable", all);
    expect(movable.slice(0, 3)).toEqual(["PreferMovable", "Normal", "DMA32"]);
    const kernel = fill(await preferGuest("prefer-movable"), Migratetype.Unmovable, "Normal", all);
    expect(kernel.slice(0, 3)).toEqual(["Normal", "PreferMovable", "DMA32"]);
  });

  test("what the kernel needs beyond ZONE_NORMAL fits into it, where ZONE_MOVABLE would leave it without", async () => {
    const kernelPages = async (policy: string): Promise<number> => {
      const guest = await Guest.create({
        bootSize: 128 * MiB,
        regionSize: GiB,
        policy,
        online: { autoOnline: "online_movable" },
      });
      guest.requestSize(GiB);
      const request = { order: 0, type: Migratetype.Unmovable, pageClass: PageClass.Kernel };
      return guest.pages.allocBulk(200_000, { ...request, kind: "Normal", node: 0 }, []);
    };
    expect((await kernelPages("linux")) * 4096).toBeLessThan(128 * MiB);
    expect((await kernelPages("prefer-movable")) * 4096).toBeGreaterThan(700 * MiB);
  });
});

describe("controllers", () => {
  const SCENARIO = `
duration: 120s
guest: {bootMemory: 1GiB, online: online_movable}
device: {regionSize: 15GiB}
workloads:
  - {kind: anonymous, name: build, size: 6GiB, start: 10s, stop: 60s, faultRate: 300MiB}
`;
  const run = (policy: string): Promise<ScenarioResult> =>
    runScenario(parseScenario(SCENARIO, "test.yaml"), { policy }).result();

  test("resize-hyperalloc grows with the load in steps of a sixteenth, and shrinks after it", async () => {
    const { summary, samples } = await run("resize-hyperalloc");
    expect(summary.oomKills).toBe(0);
    expect(summary.peakPluggedSize).toBeGreaterThanOrEqual(6 * GiB);
    expect(samples.every(({ requestedSize }) => requestedSize % GiB === 0)).toBe(true);
    expect(summary.pluggedSize).toBeLessThanOrEqual(3 * GiB);
  });

  test("resize-margin keeps its margin free, with less memory over time", async () => {
    const margin = await run("resize-margin=512MiB");
    const steps = await run("resize-hyperalloc");
    expect(margin.summary.oomKills).toBe(0);
    expect(margin.summary.pluggedGibMinutes).toBeLessThan(steps.summary.pluggedGibMinutes);
  });

  test("plug-back saves a load that the OOM killer ends without it", async () => {
    const without = await run("linux");
    expect(without.summary.oomKills).toBeGreaterThan(0);
    const saved = await run("plug-back");
    expect(saved.summary.oomKills).toBe(0);
    expect(saved.workloads[0]!.peakSize).toBeGreaterThanOrEqual(6 * GiB);
    expect(saved.summary.pluggedSize).toBeGreaterThanOrEqual(5 * GiB);
  });

  test("equal runs are equal bit for bit under every policy for a guest's life", async () => {
    for (const policy of ["resize-margin", "plug-back+prefer-movable", "memmap-on-memory"]) {
      expect(await run(policy)).toEqual(await run(policy));
    }
  });
});
