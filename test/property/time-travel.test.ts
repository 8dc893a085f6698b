import fc from "fast-check";
import { expect, test } from "vitest";

import { AllocFlag, Migratetype, PageClass } from "../../src/core/abi.js";
import { Guest } from "../../src/guest/guest.js";
import { TimeTravel } from "../../src/guest/time-travel.js";
import { PROFILE_NAMES } from "../../src/linux/profile.js";
import { MiB, GiB } from "../../src/units.js";
import { coreModule } from "../core-under-test.js";
import { nrRuns, PATIENCE } from "./nr-runs.js";

// A moment that is travelled to is the moment that the run had, page by page, whichever way one
// comes there.

interface Moment {
  readonly entry: number;
  readonly ms: number;
  readonly pages: Buffer;
  readonly plugged: string;
}

function momentOf(guest: Guest): Moment {
  const pages = new Uint8Array(guest.pages.nrPageblocks * 512);
  guest.pages.look.pages(0, pages);
  const { log, clock } = guest;
  const plugged = guest.pluggedMap();
  return { entry: log.length, ms: clock.nowMs, pages: Buffer.from(pages), plugged };
}

function expectSame(guest: Guest, moment: Moment): void {
  const found = momentOf(guest);
  expect([found.entry, found.ms, found.plugged]).toEqual([moment.entry, moment.ms, moment.plugged]);
  expect(Buffer.compare(found.pages, moment.pages)).toBe(0);
}

async function usedGuest(profile: (typeof PROFILE_NAMES)[number]): Promise<Guest> {
  const size = { bootSize: 512 * MiB, regionSize: 512 * MiB };
  const guest = await Guest.create({ core: coreModule(), profile, ...size });
  guest.requestSize(512 * MiB);
  const request = { order: 0, node: 0, flags: AllocFlag.Compound, kind: "Normal" } as const;
  const runs: [number, number][] = [];
  const anon = { type: Migratetype.Movable, pageClass: PageClass.Anon } as const;
  guest.pages.allocBulk(150_000, { ...request, ...anon }, runs);
  for (const [start, nr] of runs) if (nr > 60) guest.pages.freeRun(start + 30, 20);
  const slab = { type: Migratetype.Unmovable, pageClass: PageClass.Slab } as const;
  for (let at = 0; at < 30; at++) guest.pages.tryAlloc({ ...request, ...slab });
  return guest;
}

test(
  "a moment is the one that the run had, forwards and backwards",
  async () => {
    const profile = fc.constantFrom(...PROFILE_NAMES.slice(2));
    const places = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean()), {
      minLength: 1,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(profile, fc.nat(128), places, async (of, blocks, places) => {
        const bytes = blocks * 2 * MiB;
        const guest = await usedGuest(of);
        const before = guest.snapshot();
        const start = momentOf(guest);
        const moments: Moment[] = [];
        const request = guest.requestSizeInSlices(bytes, { sliceMs: 0 });
        moments.push(momentOf(guest));
        const slices = request[Symbol.iterator]();
        for (let slice = slices.next(); slice.done !== true; slice = slices.next()) {
          moments.push(momentOf(guest));
        }
        const end = momentOf(guest);

        const travel = await TimeTravel.begin(before, { bytes }, { core: coreModule() });
        expectSame(travel.guest, start);
        for (const [place, byTime] of places) {
          const wanted = moments[Math.floor(place * (moments.length - 1))] ?? end;
          if (byTime) {
            const first = moments.find(({ ms }) => ms >= wanted.ms && ms > start.ms);
            const found = await travel.toTime(wanted.ms);
            expectSame(found, wanted.ms <= start.ms ? start : (first ?? end));
          } else {
            const first = moments.find(({ entry }) => entry >= wanted.entry);
            expectSame(await travel.toEntry(wanted.entry), first ?? end);
          }
        }
        expectSame(await travel.toEntry(end.entry + 10), end);
        expectSame(await travel.toStart(), start);
        // beyond the request the driver's retries go on, and back from there
        guest.advanceTo(end.ms + 20_000);
        expectSame(await travel.toTime(end.ms + 20_000), momentOf(guest));
        expectSame(await travel.toEntry(start.entry), start);
      }),
      { numRuns: nrRuns(12, 200) },
    );
  },
  PATIENCE,
);

test("a way that is aborted ends at the start, and a moment that is none is refused", async () => {
  const guest = await Guest.create({ core: coreModule(), regionSize: GiB });
  const travel = await TimeTravel.begin(guest.snapshot(), { bytes: GiB }, { core: coreModule() });
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(travel.toEntry(50, { signal })).rejects.toThrow("enough");
  expect(travel.guest.device.pluggedSize).toBe(0);
  await expect(travel.toEntry(-1)).rejects.toThrow("entry must be a whole number >= 0, got -1");
  await expect(travel.toTime(NaN)).rejects.toThrow(
    "ms must be a time from 0 to 104 days in milliseconds, got NaN",
  );
  await expect(TimeTravel.begin(guest.snapshot(), { bytes: 3 })).resolves.toBeDefined();
  const wrong = await TimeTravel.begin(guest.snapshot(), { bytes: 3 }, { core: coreModule() });
  await expect(wrong.toEntry(50)).rejects.toThrow("requestedSize must be a multiple of");
});
