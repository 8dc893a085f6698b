import { describe, expect, test } from "vitest";
import { spreadOf, type Comparison, type RunFigures } from "../../../src/compare/comparison.js";
import { ShrinkProgress } from "../../../src/compare/shrink-progress.js";
import { comparisonJson } from "../../../src/report/comparison-json.js";
import { comparisonSvg } from "../../../src/report/comparison-svg.js";
import { comparisonText } from "../../../src/report/comparison-text.js";
import { formatRoughSize } from "../../../src/units.js";
import { xmlFault } from "../report/well-formed-xml.js";

const MiB = 1024 ** 2;

function run(change: Partial<RunFigures> = {}): RunFigures {
  return {
    returnedSize: 100 * MiB,
    to50Ms: 10,
    to90Ms: 20,
    to100Ms: null,
    movedPages: 1000,
    failedAttempts: 2,
    failedAllocations: 0,
    oomKills: 0,
    panickedMs: null,
    largestFreeRun: 4 * MiB,
    scannedPages: 0,
    droppedPages: 0,
    attempts: 60,
    requests: 50,
    ...change,
  };
}

const TWO_SEEDS: Comparison = {
  kind: "scenario",
  subject: "A guest & its <host>",
  askedSize: 128 * MiB,
  seeds: [1, 2],
  policies: [
    { policy: "linux", runs: [run(), run({ movedPages: 3000 })] },
    { policy: "mine", runs: [run({ to100Ms: 30, movedPages: 10 }), run({ movedPages: 10 })] },
  ],
  interrupted: false,
};

describe("spreadOf", () => {
  test("takes the middle, or half way between two", () => {
    const runs = [5, 1, 9].map((movedPages) => run({ movedPages }));
    expect(spreadOf(runs, "movedPages")).toEqual({ median: 5, least: 1, most: 9 });
    expect(spreadOf(runs.slice(0, 2), "movedPages")).toEqual({ median: 3, least: 1, most: 5 });
  });

  test("a time that was never reached is longer than all others", () => {
    const runs = [null, 7, null].map((to100Ms) => run({ to100Ms }));
    expect(spreadOf(runs, "to100Ms")).toEqual({ median: null, least: 7, most: null });
  });

  test("needs a run", () => {
    expect(() => spreadOf([], "requests")).toThrow("runs must hold at least one run, got none");
  });
});

describe("ShrinkProgress", () => {
  const request = (type: "PLUG" | "UNPLUG", nbBlocks: number, atNs: number) =>
    ({ type: "request", request: type, offset: 0, nbBlocks, response: "ACK", atNs }) as const;
  const order = (blocks: number, atNs: number) =>
    ({ type: "requested-size", size: blocks * 2 * MiB, atNs }) as const;

  test("times the order that asked for the most, from the order on", () => {
    const progress = new ShrinkProgress({ blockSize: 2 * MiB, pluggedSize: 20 * 2 * MiB });
    for (const entry of [
      order(18, 1e6),
      request("UNPLUG", 2, 2e6),
      order(28, 3e6),
      request("PLUG", 10, 4e6),
      order(8, 5e6),
      request("UNPLUG", 10, 6e6),
      request("UNPLUG", 8, 8e6),
      { ...request("UNPLUG", 2, 9e6), response: "BUSY" } as const,
      order(9, 10e6),
      request("UNPLUG", 1, 12e6),
    ]) {
      progress.note(entry);
    }
    expect(progress.outcome()).toEqual({
      askedSize: 20 * 2 * MiB,
      returnedSize: 18 * 2 * MiB,
      to50Ms: 1,
      to90Ms: 3,
      to100Ms: null,
    });
  });

  test("a host that only lets the guest grow asks for nothing back", () => {
    const progress = new ShrinkProgress({ blockSize: 2 * MiB, pluggedSize: 0 });
    progress.note(order(5, 0));
    progress.note(request("PLUG", 5, 1));
    expect(progress.outcome()).toMatchObject({ askedSize: 0, returnedSize: 0, to50Ms: null });
  });
});

describe("reports of a comparison", () => {
  test("the table has a column per policy, and lines for a spread only where there is one", () => {
    expect(comparisonText(TWO_SEEDS, { columns: 80 })).toMatchInlineSnapshot(`
      "A guest & its <host>, the same scenario for all. The host requests 128 MiB back.
      Medians over 2 seeds.

        1  linux
        2  mine

                                 1        2
      Memory returned      100 MiB  100 MiB
      Time to 50 %           10 ms    10 ms
      Time to 90 %           20 ms    20 ms
      Time to 100 %          never    never
        least                never    30 ms
        most                 never    never
      Pages moved            2,000       10
        least                1,000       10
        most                 3,000       10
      Failed attempts            2        2
      Allocation failures        0        0
      Largest free run       4 MiB    4 MiB
      "
    `);
  });

  test("no line is wider than the terminal; policies without room have a line each", () => {
    const policies = Array.from({ length: 9 }, (_, at) => ({
      policy: `policy number ${at}`,
      runs: [run(), run({ movedPages: 10 ** 6 })],
    }));
    const words = comparisonText({ ...TWO_SEEDS, policies }, { columns: 60 });
    expect(Math.max(...words.split("\n").map((line) => line.length))).toBeLessThanOrEqual(60);
    expect(words.match(/returned/g)).toHaveLength(1);
    expect(words).toMatch(/^ +Memory .*\n +returned/m);
    expect(words).toMatch(/^9 +100 MiB/m);
    expect(words).toMatch(/more columns: a wider terminal, or --json/);
  });

  test("an ended comparison says so", () => {
    const words = comparisonText({ ...TWO_SEEDS, interrupted: true }, { columns: 80 });
    expect(words).toContain("Ended early: what is missing has not run.");
  });

  test("JSON has the spread of each figure and every run with its seed", () => {
    const { policies } = comparisonJson(TWO_SEEDS);
    expect(policies[0]!.figures.movedPages).toEqual({ median: 2000, least: 1000, most: 3000 });
    expect(policies[0]!.runs.map(({ seed, movedPages }) => [seed, movedPages])).toEqual([
      [1, 1000],
      [2, 3000],
    ]);
  });

  test("the picture says what it comes to", () => {
    const policies = [
      { policy: "linux", runs: [run({ movedPages: 2000 })] },
      { policy: "slow", runs: [run({ movedPages: 1000 })] },
      { policy: "less", runs: [run({ returnedSize: 2 ** 20 })] },
    ];
    const { returnedSize } = run();
    const most = formatRoughSize(returnedSize);
    const verdict = (of: Comparison): string | undefined =>
      />([^<]*)<\/desc>/.exec(comparisonSvg(of))?.[1];
    expect(verdict({ ...TWO_SEEDS, seeds: [1], policies })).toBe(
      `Most is returned by linux, slow (${most}); fewest pages moved by slow (1,000).`,
    );
    const alike = [policies[0]!, { ...policies[0]!, policy: "other" }];
    expect(verdict({ ...TWO_SEEDS, seeds: [1], policies: alike })).toBe(
      `All return ${most}; neither pages nor time differ.`,
    );
    // a guest that has died has returned nothing on request
    const dead = [policies[2]!, { policy: "deadly", runs: [run({ panickedMs: 1 })] }];
    expect(verdict({ ...TWO_SEEDS, seeds: [1], policies: dead })).toMatch(/^Policies on the same/);
  });

  test("the picture is well-formed XML, whatever the names", () => {
    const svg = comparisonSvg(TWO_SEEDS);
    expect(xmlFault(svg)).toBeUndefined();
    expect(svg).toContain("A guest &amp; its &lt;host&gt;");
    expect(svg).toContain(">never</text>");
  });
});
