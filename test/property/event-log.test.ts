import fc from "fast-check";
import { expect, test } from "vitest";

import { VirtualClock } from "../../src/clock.js";
import { DeviceLog, EventLog, type LogEntry } from "../../src/log/event-log.js";
import { nrRuns, PATIENCE } from "./nr-runs.js";

// Whatever is written is read again, patterns or not; what is dropped is the oldest, and counted.

const entryAt = (kind: number, times: number, step: number, device?: number): LogEntry => {
  const at = { atNs: times * 1000 + kind, ...(device === undefined ? {} : { device }) };
  switch (kind % 4) {
    case 0:
      return { type: "add-memory", ...at, firstId: 32 + times * step, count: 1, errno: 0 };
    case 1:
      return {
        type: "request",
        ...at,
        request: times % 7 === 6 ? "UNPLUG" : "PLUG",
        offset: times * step * 4096 + 0,
        nbBlocks: 64,
        response: "ACK",
      };
    case 2:
      return {
        type: "memory-block-state",
        ...at,
        id: times * step + 0,
        from: undefined,
        to: "unused",
      };
    default:
      return {
        type: "contig",
        ...at,
        startPfn: 2 ** 32 - 1 - times * step,
        nrPages: 512,
        errno: step % 2 === 0 ? 0 : -16,
        stage: "isolate",
        blockingPfn: step % 3 === 0 ? undefined : times,
        blockingClass: "slab",
        migratedPages: 0,
        droppedPages: 0,
      };
  }
};

const stretch = fc.record({
  kinds: fc.array(fc.nat(3), { minLength: 1, maxLength: 14 }),
  times: fc.integer({ min: 1, max: 60 }),
  step: fc.integer({ min: -3, max: 3 }),
  device: fc.option(fc.nat(1), { nil: undefined }),
});

function entriesOf(
  stretches: readonly (typeof stretch extends fc.Arbitrary<infer T> ? T : never)[],
) {
  return stretches.flatMap(({ kinds, times, step, device }) =>
    Array.from({ length: times }, (_, at) =>
      kinds.map((kind) => entryAt(kind, at, step, device)),
    ).flat(),
  );
}

test(
  "what was written is read again, from any entry on, by type and by device",
  () => {
    fc.assert(
      fc.property(fc.array(stretch, { maxLength: 12 }), fc.nat(3000), (stretches, start) => {
        const log = new EventLog(new VirtualClock());
        const written = entriesOf(stretches);
        const followed: LogEntry[] = [];
        log.follow((entry) => followed.push(entry));
        for (const entry of written) log.add(entry);
        expect(log.entries).toEqual(written);
        expect(followed).toEqual(written);
        expect(log.length).toBe(written.length);
        expect(log.stored).toBeLessThanOrEqual(written.length);
        expect([...log.of("request", start)]).toEqual(
          written.slice(start).filter(({ type }) => type === "request"),
        );
        const second = new DeviceLog(log, 1);
        expect(second.entries).toEqual(written.filter(({ device }) => device === 1));
        expect([...second.of("contig", start)]).toEqual(
          written.slice(start).filter(({ type, device }) => type === "contig" && device === 1),
        );
      }),
      { numRuns: nrRuns(100) },
    );
  },
  PATIENCE,
);

test("the oldest go where there would be more than the capacity, and the log says how many", () => {
  const log = new EventLog(new VirtualClock(), 2048);
  const written = Array.from({ length: 10_000 }, (_, at) => entryAt(at * at, at * at, 1));
  for (const entry of written) log.add(entry);
  expect(log.length).toBe(10_000);
  expect(log.stored).toBeLessThanOrEqual(2048);
  expect(log.dropped).toBeGreaterThan(7000);
  expect(log.entries).toEqual(written.slice(log.dropped));
  expect([...log.of("request")]).toEqual(
    written.slice(log.dropped).filter(({ type }) => type === "request"),
  );
});

test("a pattern counts once", () => {
  const log = new EventLog(new VirtualClock(), 2048);
  for (let at = 0; at < 100_000; at++) {
    for (const kind of [2, 0, 3]) log.add(entryAt(kind, at, 2));
  }
  expect(log.stored).toBe(3);
  expect(log.dropped).toBe(0);
  expect([...log.of("contig", 299_999)]).toEqual([entryAt(3, 99_999, 2)]);
});

test("what has a field more or less, or the same ones in another order, is read as it was written", () => {
  const log = new EventLog(new VirtualClock());
  const written = Array.from({ length: 40 }, (_, at) => entryAt(0, at, 1));
  const fieldsAt = (at: number) => Object.entries(entryAt(0, at, 1));
  written[20] = Object.fromEntries(fieldsAt(20).toReversed()) as unknown as LogEntry;
  written[30] = Object.fromEntries(fieldsAt(30).slice(0, -1)) as unknown as LogEntry;
  written[38] = { ...entryAt(0, 38, 1), device: 1 };
  for (const entry of written) log.add(entry);
  expect(log.entries).toEqual(written);
});

test("the capacity must be a whole number from 2048 on", () => {
  expect(() => new EventLog(new VirtualClock(), 100)).toThrow(
    "capacity must be a whole number from 2048 on, got 100",
  );
});
