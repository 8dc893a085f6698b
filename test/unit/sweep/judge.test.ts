import { describe, expect, test } from "vitest";

import { parseAxis } from "../../../src/sweep/axis.js";
import type { SweepFigures } from "../../../src/sweep/job.js";
import { judgeSweep, type SweepResult } from "../../../src/sweep/judge.js";
import { settingsOf, type SweepPlan } from "../../../src/sweep/plan.js";
import { sweepSentence } from "../../../src/sweep/sentence.js";
import { sweepCsv } from "../../../src/report/sweep-csv.js";
import { sweepMarkdown } from "../../../src/report/sweep-markdown.js";
import { sweepSvg } from "../../../src/report/sweep-svg.js";
import { sweepText } from "../../../src/report/sweep-text.js";
import { xmlFault } from "../report/well-formed-xml.js";

const GiB = 1024 ** 3;

function figures(returned: number, change: Partial<SweepFigures> = {}): SweepFigures {
  return {
    askedSize: 8 * GiB,
    returnedSize: returned * GiB,
    to50Ms: 1,
    to90Ms: 2,
    to100Ms: null,
    movedPages: 100,
    failedAttempts: 0,
    failedAllocations: 0,
    oomKills: 0,
    panickedMs: null,
    largestFreeRun: 0,
    scannedPages: 0,
    droppedPages: 0,
    attempts: 1,
    requests: 1,
    ...change,
  };
}

const KILLED = { oomKills: 1 };

/** Runs by setting, then seed; undefined: not made. */
function judged(
  vary: readonly string[],
  runs: readonly (readonly (SweepFigures | undefined)[])[],
): SweepResult {
  const axes = vary.map(parseAxis);
  const seeds = (runs[0] ?? []).map((_, at) => at + 1);
  const settings = settingsOf(axes);
  const jobs = settings.flatMap((_, setting) =>
    seeds.map((seed) => ({ key: `${setting} ${seed}`, setting, seed })),
  );
  const made = runs.flatMap((bySeed, setting) =>
    bySeed.flatMap((run, at) =>
      run === undefined ? [] : [[`${setting} ${at + 1}`, run] as const],
    ),
  );
  const plan: SweepPlan = {
    kind: "scenario",
    name: "s.yaml",
    engine: "1",
    axes,
    seeds,
    settings,
    jobs,
    durations: [],
    digest: "d",
  };
  return judgeSweep(plan, new Map(made));
}

const order = (result: SweepResult) => result.rows.map(({ at }) => at);

describe("ranking", () => {
  test("puts guests that were killed or panicked last, whatever they return", () => {
    const result = judged(
      ["r=1,2,3"],
      [[figures(8, KILLED)], [figures(1)], [figures(8, { panickedMs: 5 })]],
    );
    expect(order(result)[0]).toBe(1);
    expect(result.rows.map(({ isOnFront }) => isOnFront)).toEqual([true, false, false]);
  });

  test("one seed that kills is enough", () => {
    const result = judged(
      ["r=1,2"],
      [
        [figures(8), figures(8, KILLED)],
        [figures(1), figures(1)],
      ],
    );
    expect(order(result)).toEqual([1, 0]);
  });

  test("a run that is missing leaves the figures of the others with their seeds", () => {
    const result = judged(["r=1"], [[undefined, figures(3), figures(5)]]);
    const [row] = result.rows;
    expect(row?.bySeed.map((run) => run?.returnedSize)).toEqual([
      undefined,
      figures(3).returnedSize,
      figures(5).returnedSize,
    ]);
    expect([row?.missing, row?.runs.length]).toEqual([1, 2]);
    const lines = sweepCsv(result).trimEnd().split("\n");
    expect(lines[1]).toMatch(/^1,1,1,+$/);
    expect(lines[2]).toMatch(/^1,2,1,\d/);
  });

  test("the front has what no other setting beats in everything", () => {
    const result = judged(
      ["r=1,2,3"],
      [
        [figures(8, { movedPages: 500 })],
        [figures(7, { movedPages: 10 })],
        [figures(7, { movedPages: 20 })],
      ],
    );
    expect(result.rows.map(({ isOnFront }) => isOnFront)).toEqual([true, true, false]);
  });
});

describe("the answer", () => {
  test("names the limit from which on programs are killed", () => {
    const result = judged(
      ["ratio=1000,300,600"],
      [[figures(8, KILLED)], [figures(5)], [figures(8)]],
    );
    expect(sweepSentence(result)).toBe(
      "600 is the highest ratio at which no program is killed; it returns 8 GiB of 8 GiB.",
    );
  });

  test("names another that returns more than the limit, and sizes in their order", () => {
    const result = judged(
      ["size=128MiB,1GiB,2MiB"],
      [[figures(7)], [figures(5)], [figures(8, KILLED)]],
    );
    expect(sweepSentence(result)).toBe(
      "128MiB is the lowest size at which no program is killed; it returns 7 GiB of 8 GiB.",
    );
    const other = judged(
      ["size=2MiB,1GiB,2GiB"],
      [[figures(8)], [figures(5)], [figures(8, KILLED)]],
    );
    expect(sweepSentence(other)).toContain("2MiB returns most: 8 GiB of 8 GiB.");
  });

  test("says where nothing is safe", () => {
    const result = judged(["r=1,2"], [[figures(8, { oomKills: 3 })], [figures(8, KILLED)]]);
    expect(sweepSentence(result)).toBe(
      "Every setting kills programs or panics the guest; the least harm is done by r 2: 1 kill.",
    );
  });

  test("says where the seeds do not decide, and where they do", () => {
    const unsure = judged(
      ["r=a,b"],
      [
        [figures(8), figures(6)],
        [figures(7), figures(6.5)],
      ],
    );
    expect(sweepSentence(unsure)).toContain("The seeds do not decide between it and r b");
    const sure = judged(
      ["r=a,b"],
      [
        [figures(8), figures(7)],
        [figures(6), figures(5)],
      ],
    );
    expect(sweepSentence(sure)).toContain("That holds over 2 seeds.");
    expect(sweepSentence(sure)).toContain("7.5 GiB of 8 GiB (7 GiB to 8 GiB)");
  });

  test("says what is missing", () => {
    const result = judged(["r=1,2"], [[figures(8)], [undefined]]);
    expect(sweepSentence(result)).toContain("1 of 2 runs are missing.");
    expect(sweepSentence(judged(["r=1"], [[undefined]]))).toBe("No run has been made.");
  });
});

describe("reports", () => {
  const two = judged(
    ["guest.ratio=100,300", "device.blockSize=2MiB,128MiB"],
    [
      [figures(8, KILLED), figures(8)],
      [figures(4), figures(5)],
      [figures(6), figures(7)],
      [figures(1), undefined],
    ],
  );

  test("of any width fit into it", () => {
    for (const columns of [40, 60, 80, 200]) {
      const text = sweepText(two, { columns });
      for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(columns);
    }
    expect(sweepText(two, { columns: 120 })).toMatch(/^! +100 +2MiB +8 GiB +1 in 1 of 2/m);
  });

  test("as CSV have a line per run in the order of the plan", () => {
    const lines = sweepCsv(two).trimEnd().split("\n");
    expect(lines).toHaveLength(9);
    expect(lines[0]).toMatch(/^guest\.ratio,device\.blockSize,seed,on_front,asked_bytes/);
    expect(lines[1]).toMatch(/^100,2MiB,1,0,8589934592,8589934592,1,/);
    expect(lines[8]).toMatch(/^300,128MiB,2,0,,/);
  });

  test("as Markdown have a table", () => {
    expect(sweepMarkdown(two)).toContain("\n|  | ratio | blockSize | Returned |");
  });

  test("as a picture cross out what harms", () => {
    const svg = sweepSvg(two);
    expect(xmlFault(svg)).toBeUndefined();
    expect(svg).toContain("1 kill");
    expect(svg.match(/<path /g)).toHaveLength(1);
    expect(xmlFault(sweepSvg(judged(["r=a"], [[figures(1)]])))).toBeUndefined();
    expect(xmlFault(sweepSvg(judged([], [[figures(1)]])))).toBeUndefined();
  });
});
