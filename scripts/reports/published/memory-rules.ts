import { scenarioOf } from "../../../src/scenario/parse.js";
import { runScenario } from "../../../src/scenario/run.js";
import { formatSize, PAGE_SIZE } from "../../../src/units.js";
import { Simulation } from "../../../src/scenario/simulation.js";
import { exact, type Row, type Section } from "./row.js";

const MiB = 1024 ** 2;

/** What Linux's documentation says of zones, and what memory costs that describes memory. */
export async function memoryRules(): Promise<Section> {
  return {
    title: "Zones and memmap",
    text: [
      "Rules of the kernel's documentation (Memory Hot(Un)Plug) and of kata-containers #4847. Each row",
      "is a guest that grows. A memory block of 128 MiB needs a memmap of 2 MiB, so memory is added in",
      'whole memory blocks: the 188 MiB often quoted for "12 GiB" are for 12,000 MiB, which is 94 memory',
      "blocks; for 12 GiB of 1024 MiB it is 192 MiB.",
    ].join("\n"),
    rows: [await allMovable(), await impossible(), ...(await Promise.all(MEMMAPS.map(memmap)))],
  };
}

async function allMovable(): Promise<Row> {
  const zones = await grow({
    guest: { bootMemory: "8GiB", onlinePolicy: "auto-movable", autoMovableRatio: 301 },
    device: { regionSize: "24GiB", requestedSize: "24GiB" },
  });
  return exact(
    "8 GiB and 24 GiB more at 301 %: in ZONE_MOVABLE",
    "24 GiB",
    formatSize(zones.movable),
  );
}

async function impossible(): Promise<Row> {
  const result = await runScenario(
    scenarioOf({
      duration: "1s",
      guest: { bootMemory: "1GiB", onlinePolicy: "auto-movable", autoMovableRatio: 6300 },
      device: { regionSize: "63GiB", requestedSize: "63GiB" },
    }),
  ).result();
  const { pluggedSize, requestedSize } = result.summary;
  const words = pluggedSize < requestedSize ? "impossible" : "possible";
  return exact("1 GiB and 63 GiB more, all movable (63:1)", "impossible", words);
}

const MEMMAPS = [
  { added: 94 * 128 * MiB, what: "12,000 MiB, in whole memory blocks", published: "188 MiB" },
  { added: 12288 * MiB, what: "12 GiB", published: "192 MiB" },
  { added: 16384 * MiB, what: "16 GiB", published: "256 MiB" },
] as const;

async function memmap({ added, what, published }: (typeof MEMMAPS)[number]): Promise<Row> {
  const zones = await grow({
    guest: { bootMemory: "4GiB", online: "online_movable" },
    device: { regionSize: added, requestedSize: added },
  });
  return exact(`memmap of ${what}`, published, formatSize(zones.taken));
}

/**
 * Bytes in ZONE_MOVABLE once it has grown, and bytes that growing has taken from the other zones.
 */
async function grow(parts: object): Promise<{ movable: number; taken: number }> {
  const simulation = await Simulation.create(
    scenarioOf({ duration: "10s", ...parts }),
    undefined,
    undefined,
  );
  const free = (): number => {
    const { zones, pages } = simulation.guest;
    const kernel = zones.all().filter(({ kind }) => kind !== "Movable");
    return kernel.reduce((sum, { id }) => sum + pages.freePages(id), 0) * PAGE_SIZE;
  };
  const before = free();
  simulation.advanceTo(5e9);
  const movable = simulation.guest.zones.all().find(({ kind }) => kind === "Movable");
  return { movable: (movable?.managed ?? 0) * PAGE_SIZE, taken: before - free() };
}
