// Usage: npx tsx scripts/build/main.ts release && npx tsx bench/snapshot.ts
//
// How long a guest's snapshot and its return take: an idle one of 1 TiB, a mixed one of 64 GiB.
// The median of five, in milliseconds; memcpy of as many bytes beside it, by which a busy machine
// shows.

import { AllocFlag, Migratetype, PageClass } from "../src/core/abi.js";
import { Guest } from "../src/guest/guest.js";
import { GiB, MiB } from "../src/units.js";
import { markdownTable } from "./table.js";

const TIMES = 5;

async function idle(): Promise<Guest> {
  const guest = await Guest.create({ bootSize: 32 * GiB, regionSize: 1024 * GiB });
  guest.requestSize(1024 * GiB);
  return guest;
}

/** Every pageblock has free and used pages. */
async function mixed(): Promise<Guest> {
  const guest = await Guest.create({ bootSize: 2 * GiB, regionSize: 62 * GiB });
  guest.requestSize(62 * GiB);
  const request = {
    ...{ order: 2, type: Migratetype.Movable, pageClass: PageClass.Anon, node: 0 },
    kind: "Movable",
    flags: AllocFlag.Compound,
  } as const;
  const taken: number[] = [];
  for (let pfn = guest.pages.tryAlloc(request); pfn !== undefined;) {
    taken.push(pfn);
    pfn = guest.pages.tryAlloc(request);
  }
  for (let at = 0; at < taken.length; at += 2) guest.pages.free(taken[at] ?? 0, 2);
  return guest;
}

async function median(work: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let time = 0; time < TIMES; time++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[TIMES >> 1] ?? NaN;
}

const rows: string[][] = [];
for (const [name, make] of [
  ["1 TiB, idle", idle],
  ["64 GiB, mixed", mixed],
] as const) {
  const guest = await make();
  const snapshot = guest.snapshot();
  const copy = new Uint8Array(snapshot.byteLength);
  const times = [
    await median(() => guest.snapshot()),
    await median(() => Guest.restore(snapshot)),
    await median(() => {
      copy.set(new Uint8Array(snapshot));
    }),
  ];
  const size = `${(snapshot.byteLength / MiB).toFixed(1)} MiB`;
  rows.push([name, size, ...times.map((ms) => ms.toFixed(1))]);
}
console.log(markdownTable(["guest", "size", "snapshot", "restore", "memcpy"], rows));
