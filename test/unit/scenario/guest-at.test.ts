import { expect, test } from "vitest";

import type { Guest } from "../../../src/guest/guest.js";
import { scenarioGuestAt } from "../../../src/scenario/guest-at.js";
import { parseScenario } from "../../../src/scenario/parse.js";
import { runScenario } from "../../../src/scenario/run.js";

const SCENARIO = parseScenario(
  `duration: 12s
guest: { bootMemory: 1GiB }
device: { regionSize: 2GiB }
host:
  - { at: 1s, requestedSize: 2GiB }
  - { at: 8s, requestedSize: 256MiB }
workloads:
  - { kind: anonymous, size: 600MiB, churnRate: 50MiB }
faults:
  - { kind: snapshot, at: 4s }
`,
  "s.yaml",
);

interface Seen {
  readonly ms: number;
  readonly plugged: string;
  readonly pages: Buffer;
}

function seen(guest: Guest): Seen {
  const pages = new Uint8Array(guest.pages.nrPageblocks * 512);
  guest.pages.look.pages(0, pages);
  return { ms: guest.clock.nowMs, plugged: guest.pluggedMap(), pages: Buffer.from(pages) };
}

test("the guest of a moment is the one that the run had, page by page", async () => {
  const times = [0, 999.5, 1001.25, 3999, 4000.5, 8000.001, 8003.7, 8010, 11_000];
  const moments = new Map<number, Seen>();
  await runScenario(SCENARIO, {
    watch: (guest) => {
      for (const ms of times) {
        if (ms < guest.clock.nowMs) continue;
        guest.clock.setTimer(Math.round(ms * 1e6), () => moments.set(ms, seen(guest)));
      }
    },
  }).result();
  expect(moments.size).toBe(times.length);
  for (const [ms, moment] of moments) {
    const found = seen(await scenarioGuestAt(SCENARIO, ms));
    expect([found.ms, found.plugged]).toEqual([moment.ms, moment.plugged]);
    expect([ms, Buffer.compare(found.pages, moment.pages)]).toEqual([ms, 0]);
  }
});

test("after its end a scenario is as it ended, and what is no time is refused", async () => {
  const guest = await scenarioGuestAt(SCENARIO, 60_000);
  expect(guest.clock.nowMs).toBe(12_000);
  await expect(scenarioGuestAt(SCENARIO, -1)).rejects.toThrow(
    "atMs must be a time from 0 to 104 days in milliseconds, got -1",
  );
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(scenarioGuestAt(SCENARIO, 5000, { signal })).rejects.toThrow("enough");
});
