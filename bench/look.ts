// Usage: npx tsx scripts/build/main.ts release && npx tsx bench/look.ts
//
// How long a picture of a guest of 1 TiB takes, a byte for each of 524,288 subblocks: all of it,
// and what has changed since the last one, after nothing, after an allocation, and after 128 MiB
// were unplugged. The best of many, in microseconds: a busy machine is no slower engine.

import { Hold, Migratetype, PageClass } from "../src/core/abi.js";
import { Guest } from "../src/guest/guest.js";
import { GiB, MiB, PAGE_SIZE } from "../src/units.js";
import { markdownTable } from "./table.js";

const SIZE = 1024 * GiB;
const TIMES = 200;

const guest = await Guest.create({ bootSize: 32 * GiB, regionSize: SIZE });
guest.requestSize(SIZE);
const { look } = guest.pages;
const start = guest.device.addr / PAGE_SIZE;
const picture = new Uint8Array(SIZE / (2 * MiB));
let turns = 0;
const request = {
  order: 10,
  type: Migratetype.Movable,
  node: 0,
  kind: "Normal",
  flags: 0,
} as const;
let page = 0;
while (page < start)
  page = guest.pages.tryAlloc({ ...request, pageClass: PageClass.Anon }) ?? start;

/** Microseconds of the fastest of many looks, each after `change`. */
function best(work: () => unknown, change: () => void = () => undefined, times = TIMES): number {
  let fastest = Infinity;
  for (let time = 0; time < times; time++) {
    change();
    const from = performance.now();
    work();
    fastest = Math.min(fastest, performance.now() - from);
  }
  return fastest * 1000;
}

let { number } = look.changesBySubblock(0, start, 512, picture);
let changed = 0;
const changes = (): void => {
  const found = look.changesBySubblock(number, start, 512, picture);
  number = found.number;
  changed = found.subblocks.length;
};
let size = SIZE;
const rows = [
  [
    "all of it",
    best(() => {
      look.bySubblock(start, 512, picture);
    }),
    picture.length,
  ],
  [
    "zones of all of it",
    best(() => {
      look.zonesBySubblock(start, 512, picture);
    }),
    picture.length,
  ],
  ["changes: none", best(changes), changed],
  [
    "changes: a page",
    best(changes, () => {
      guest.pages.setPage(page, ++turns % 2 === 0 ? PageClass.Kernel : PageClass.Slab, Hold.None);
    }),
    changed,
  ],
  [
    "changes: 128 MiB unplugged",
    best(
      changes,
      () => {
        guest.requestSize((size -= 128 * MiB));
      },
      50,
    ),
    changed,
  ],
] as const;
console.log(
  markdownTable(
    ["look", "µs", "subblocks"],
    rows.map(([name, us, found]) => [name, us.toFixed(1), String(found)]),
  ),
);
