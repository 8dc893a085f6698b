import { describe, expect, test } from "vitest";

import { PageMemory } from "../../../src/core/page-memory.js";
import { MemoryGroups } from "../../../src/linux/memory-groups.js";
import {
  chooseZone,
  DEFAULT_ONLINE_SETTINGS,
  type OnlineSettings,
} from "../../../src/linux/online-policy.js";
import { linuxProfile } from "../../../src/linux/profile.js";
import { ZoneTable } from "../../../src/linux/zone-table.js";
import { coreModule } from "../../core-under-test.js";

const SECTION = 32768;
const GiB_PAGES = 2 ** 18;
const ABOVE_4_GIB = 2 ** 20;

interface Group {
  readonly node: number;
  readonly kernelPages: number;
  readonly movablePages: number;
}

interface Memory {
  readonly kind: "Normal" | "Movable";
  readonly node: number;
  readonly boot?: number;
  readonly present?: number;
  readonly span?: readonly [start: number, end: number];
}

function tableOf(memory: readonly Memory[]): ZoneTable {
  const pages = PageMemory.createSync(512, linuxProfile("v6.1").mm, coreModule());
  const zones = new ZoneTable(pages, { minFreeLimitKib: 262144 });
  for (const { kind, node, boot = 0, present = 0, span = [0, 0] } of memory) {
    const [spanStart, spanEnd] = span;
    Object.assign(zones.zone(kind, node), { bootPresent: boot, present, spanStart, spanEnd });
  }
  return zones;
}

function choose(
  settings: Partial<OnlineSettings>,
  {
    memory = [],
    start = ABOVE_4_GIB,
    group = { node: 0, kernelPages: 0, movablePages: 0 },
    others = [],
    unit = {},
  }: {
    readonly memory?: readonly Memory[];
    readonly start?: number;
    readonly group?: Group;
    readonly others?: readonly Group[];
    readonly unit?: { readonly unitRestPages?: number; readonly unitHasKernelZone?: boolean };
  } = {},
): string {
  const zones = tableOf(memory);
  const groups = new MemoryGroups();
  const add = ({ node, kernelPages, movablePages }: Group) => {
    const added = { node, unitMemoryBlocks: 1 };
    groups.add(added, zones.zone("Normal", node), kernelPages);
    groups.add(added, zones.zone("Movable", node), movablePages);
    return added;
  };
  for (const other of others) add(other);
  return chooseZone({
    settings: { ...DEFAULT_ONLINE_SETTINGS, ...settings },
    zones,
    groups,
    group: add(group),
    node: group.node,
    startPfn: start,
    nrPages: SECTION,
    unitRestPages: SECTION,
    unitHasKernelZone: false,
    ...unit,
  });
}

test("online_kernel and online_movable say it all", () => {
  expect(choose({ autoOnline: "online_movable" })).toBe("Movable");
  expect(choose({ autoOnline: "online_kernel" })).toBe("Normal");
  expect(choose({ autoOnline: "online_kernel" }, { start: ABOVE_4_GIB - SECTION })).toBe("DMA32");
});

describe("contig-zones", () => {
  const end = ABOVE_4_GIB + SECTION;
  const inside = [ABOVE_4_GIB, end] as const;

  test.each<{
    where: string;
    kernel: boolean;
    movable: boolean;
    zone: string;
    onMovableNode: string;
  }>([
    { where: "nothing", kernel: false, movable: false, zone: "Normal", onMovableNode: "Movable" },
    {
      where: "kernel memory",
      kernel: true,
      movable: false,
      zone: "Normal",
      onMovableNode: "Normal",
    },
    {
      where: "movable memory",
      kernel: false,
      movable: true,
      zone: "Movable",
      onMovableNode: "Movable",
    },
    { where: "both", kernel: true, movable: true, zone: "Normal", onMovableNode: "Movable" },
  ])("inside of $where: $zone, or $onMovableNode with movable_node", (row) => {
    const memory = [
      ...(row.kernel ? [{ kind: "Normal", node: 0, span: inside } as const] : []),
      ...(row.movable ? [{ kind: "Movable", node: 0, span: inside } as const] : []),
    ];
    expect(choose({}, { memory })).toBe(row.zone);
    expect(choose({ movableNode: true }, { memory })).toBe(row.onMovableNode);
  });

  test("a span ends where its zone does, and is that of the node", () => {
    const memory = [{ kind: "Movable", node: 0, span: inside } as const];
    expect(choose({}, { memory, start: end })).toBe("Normal");
    expect(choose({}, { memory, start: ABOVE_4_GIB - SECTION })).toBe("DMA32");
    const group = { node: 1, kernelPages: 0, movablePages: 0 };
    expect(choose({}, { memory, group })).toBe("Normal");
  });
});

describe("auto-movable", () => {
  const auto = { onlinePolicy: "auto-movable" } as const;
  const boot = { kind: "Normal", node: 0, boot: GiB_PAGES } as const;
  const most = Math.floor((301 * GiB_PAGES) / 100);

  test.each([
    { present: most - SECTION, zone: "Movable" },
    { present: most - SECTION + 1, zone: "Normal" },
  ])("with 1 GiB at boot and $present movable pages: $zone", ({ present, zone }) => {
    const memory = [boot, { kind: "Movable", node: 0, present } as const];
    expect(choose(auto, { memory })).toBe(zone);
  });

  test("never with ratio 0", () => {
    expect(choose({ ...auto, autoMovableRatio: 0 }, { memory: [boot] })).toBe("Normal");
  });

  test("what comes online together counts together, and goes where its first part went", () => {
    const present = most - 2 * SECTION;
    const memory = [boot, { kind: "Movable", node: 0, present } as const];
    expect(choose(auto, { memory, unit: { unitRestPages: 2 * SECTION } })).toBe("Movable");
    expect(choose(auto, { memory, unit: { unitRestPages: 3 * SECTION } })).toBe("Normal");
    expect(choose(auto, { memory, unit: { unitHasKernelZone: true } })).toBe("Normal");
  });

  test("kernel memory of the own device counts, that of others does not", () => {
    const memory = [{ kind: "Normal", node: 0, boot: 0, present: GiB_PAGES } as const];
    const group = { node: 0, kernelPages: GiB_PAGES, movablePages: 0 };
    expect(choose(auto, { memory, group })).toBe("Movable");
    expect(choose(auto, { memory, others: [group] })).toBe("Normal");
  });

  test("each node by itself, unless told otherwise", () => {
    const group = { node: 1, kernelPages: 0, movablePages: 0 };
    expect(choose(auto, { memory: [boot], group })).toBe("Normal");
    expect(choose({ ...auto, autoMovableNumaAware: false }, { memory: [boot], group })).toBe(
      "Movable",
    );
  });

  test("movable memory of other devices needs its share of the kernel memory", () => {
    const movable = 2 * GiB_PAGES;
    const memory = [boot, { kind: "Movable", node: 0, present: movable } as const];
    const other = { node: 0, kernelPages: 0, movablePages: movable };
    // 2 GiB of another device take 0.66 GiB of the one: a third is left, for 1 GiB more
    expect(choose(auto, { memory, others: [other] })).toBe("Movable");
    const group = { node: 0, kernelPages: 0, movablePages: GiB_PAGES };
    const more = [boot, { kind: "Movable", node: 0, present: movable + GiB_PAGES } as const];
    expect(choose(auto, { memory: more, others: [other], group })).toBe("Normal");
    // with kernel memory of its own it takes less
    const modest = { ...other, kernelPages: GiB_PAGES };
    expect(choose(auto, { memory: more, others: [modest], group })).toBe("Movable");
  });
});
