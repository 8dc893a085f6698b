import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { problemsOf } from "../../../explorer/src/engine/check-scenario.js";
import { sentenceOf } from "../../../explorer/src/engine/comparison.js";
import { CaptureSession } from "../../../explorer/src/engine/capture-session.js";
import { Moment, type LiveFrame } from "../../../explorer/src/engine/protocol.js";
import { Moments } from "../../../explorer/src/map/moments.js";
import { FATES } from "../../../src/report/region-map.js";
import { find } from "../../../explorer/src/engine/open.js";
import { runForPage } from "../../../explorer/src/engine/scenario-session.js";
import { linkOf, sharedIn } from "../../../explorer/src/share/link.js";
import { SCENARIO_DEFAULTS } from "../../../explorer/src/settings.js";
import type { Comparison, RunFigures } from "../../../src/compare/comparison.js";
import { CaptureError } from "../../../src/capture/capture-error.js";
import { runScenario } from "../../../src/scenario/run.js";
import { parseScenario } from "../../../src/scenario/parse.js";

const SCENARIO = `duration: 20s
device: { regionSize: 2GiB }
host:
  - at: 1s
    requestedSize: 2GiB
  - at: 10s
    requestedSize: 0
workloads:
  - kind: anonymous
    size: 600MiB
`;

describe("what is wrong with a scenario is said where it stands", () => {
  test.each([
    ["a value", SCENARIO.replace("20s", "soon"), "soon"],
    ["a value in a list", SCENARIO.replace("600MiB", "much"), "much"],
    [
      "a key that is not known",
      SCENARIO.replace("    size: 600MiB\n", "    sice: 600MiB\n"),
      "600MiB",
    ],
    ["an entry that lacks a key", SCENARIO.replace("    size: 600MiB\n", ""), "kind: anonymous"],
  ])("%s", (_, text, place) => {
    const [problem] = problemsOf(text, "s.yaml");
    expect(problem).toBeDefined();
    expect(text.slice(problem?.from, problem?.to)).toContain(place);
    expect(problem?.words).not.toContain("s.yaml");
  });

  test("broken YAML", () => {
    const [problem] = problemsOf("duration: [1", "s.yaml");
    expect(problem?.words).toMatch(/^must be YAML or JSON/);
  });

  test("nothing, where it can run", () => {
    expect(problemsOf(SCENARIO, "s.yaml")).toEqual([]);
  });
});

test("looking at a guest on the way changes nothing of its run", async () => {
  const stop = new AbortController().signal;
  const input = { text: SCENARIO, name: "s.yaml", ...SCENARIO_DEFAULTS };
  const { result, kinds, timelines, frames } = await runForPage(input, {
    onShare: () => undefined,
    stop,
  });
  expect(result).toEqual(await runScenario(parseScenario(SCENARIO)).result());
  expect(frames[0]?.length).toBe(kinds?.atMs.length);
  expect(timelines[0]?.region.cells).toBe(1024);
  const at = kinds?.atMs.findIndex((ms) => ms >= 9000) ?? 0;
  const sums = kinds?.sizes.reduce((sum, sizes) => sum + (sizes[at] ?? 0), 0) ?? 0;
  // 1 GiB of boot memory, without what is reserved at boot, and the device's
  expect(sums / 2 ** 30).toBeGreaterThan(2.9);
  expect(sums / 2 ** 30).toBeLessThanOrEqual(3);
});

describe("the run of a capture", () => {
  const asked = {
    device: 0,
    requestedSize: 0,
    profile: "auto",
    policy: "linux",
    done: [],
  } as const;

  async function opened(): Promise<CaptureSession> {
    const file = new Blob([readFileSync("examples/captures/web-server.tar.gz")]);
    const name = "web-server.tar.gz";
    const found = await find(name, [{ path: name, file }], undefined);
    if (found.kind !== "capture") throw new Error("the example must be a capture");
    return new CaptureSession(found.captures);
  }

  test("is followed, comes to the same answer, and every moment of it is found again", async () => {
    const session = await opened();
    const frames: LiveFrame[] = [];
    const onFrame = (frame: LiveFrame): number => frames.push(frame);
    const quick = await session.quick(asked, { onFrame, frameMs: 0 });
    const whole = await (await opened()).quick(asked, { onFrame: () => undefined });
    expect(quick.answer.prediction).toEqual(whole.answer.prediction);
    expect(quick.timeline).toEqual(whole.timeline);

    expect(frames.length).toBeGreaterThan(100);
    const sizes = frames.map(({ pluggedSize }) => pluggedSize);
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    const last = frames.at(-1)?.fate;
    expect(last?.filter((fate) => fate === FATES.indexOf("given-back")).length).toBe(
      quick.answer.picture.fate.filter((fate) => fate === FATES.indexOf("given-back")).length,
    );

    // at the first failure what was taken before is gone, and the rest is as before
    const { timeline, answer } = quick;
    const failed = timeline.kind.indexOf(Moment.Failed);
    const { look } = await session.moment(
      timeline.entry[failed] ?? 0,
      new AbortController().signal,
    );
    const { before = NOTHING, after = NOTHING, region } = answer.picture;
    const unplugged = new Moments(timeline).after(failed + 1).fate;
    for (const [cell, fate] of unplugged.entries()) {
      if (fate === FATES.indexOf("given-back")) expect((look[cell] ?? 0) >> 7).toBe(1);
    }
    expect(look).not.toEqual(before);
    expect(look).not.toEqual(after);
    const end = await session.moment(timeline.entry.at(-1) ?? 0, new AbortController().signal);
    expect(end.look).toEqual(after);

    const firstPfn = region.regionStart / 4096;
    const pages = await session.pages("before", firstPfn, 512);
    expect(pages).not.toEqual(await session.pages("after", firstPfn + 512 * 600, 512));
    expect(await session.pages("before", firstPfn, 512)).toEqual(pages);
  });

  test("is stopped, and the next one is answered", async () => {
    const session = await opened();
    const stop = new AbortController();
    const onFrame = (): void => {
      stop.abort();
    };
    const stopped = session.quick(asked, { onFrame, frameMs: 0, signal: stop.signal });
    await expect(stopped).rejects.toThrow("abort");
    const { answer } = await session.quick(asked, { onFrame: () => undefined });
    expect(answer.prediction.pluggedSizeAfter).toBeLessThan(2 ** 27);
  });
});

const NOTHING = new Uint8Array();

describe("which is better, in a sentence", () => {
  const figures = (part: Partial<RunFigures>): RunFigures => ({
    returnedSize: 2 ** 30,
    to50Ms: 1,
    to90Ms: 1,
    to100Ms: 1,
    movedPages: 1000,
    failedAttempts: 5,
    failedAllocations: 0,
    oomKills: 0,
    panickedMs: null,
    largestFreeRun: 0,
    scannedPages: 0,
    droppedPages: 0,
    attempts: 10,
    requests: 10,
    ...part,
  });
  const compared = (...runs: readonly Partial<RunFigures>[]): Comparison => ({
    kind: "capture",
    subject: "",
    askedSize: 2 ** 30,
    seeds: [1],
    policies: runs.map((part, at) => ({ policy: "abc"[at] ?? "", runs: [figures(part)] })),
    interrupted: false,
  });

  test.each<[string, readonly Partial<RunFigures>[]]>([
    ["b moves 200 pages fewer (20 %) than a, and returns as much.", [{}, { movedPages: 800 }]],
    [
      "b returns 1 GiB more than a, for 500 pages more moved.",
      [{}, { returnedSize: 2 ** 31, movedPages: 1500 }],
    ],
    ["a does less harm than b.", [{}, { panickedMs: 3, returnedSize: 2 ** 31 }]],
    ["b has 5 failed attempts fewer than a; all else is alike.", [{}, { failedAttempts: 0 }]],
    ["a and b do the same here.", [{}, {}]],
    [
      "b returns 1 GiB more than a. c moves fewest pages, 10.",
      [{}, { returnedSize: 2 ** 31 }, { movedPages: 10 }],
    ],
  ])("%s", (sentence, runs) => {
    expect(sentenceOf(compared(...runs))).toBe(sentence);
  });
});

describe("what is dropped is told by its contents", () => {
  const named = (path: string, text: string) => [{ path, file: new Blob([text]) }];

  test("a scenario, whatever it is called", async () => {
    expect(await find("plan", named("plan", SCENARIO), undefined)).toEqual({
      kind: "scenario",
      text: SCENARIO,
    });
  });

  test("a damaged archive is refused as at the command line", async () => {
    await expect(find("x.tar.gz", named("x.tar.gz", "no archive"), undefined)).rejects.toThrow(
      CaptureError,
    );
  });

  test("a result of another command is refused", async () => {
    await expect(find("x.json", named("x.json", '{"policies":[]}'), undefined)).rejects.toThrow(
      "x.json: must be a capture, a scenario, or what predict or run print with --json",
    );
  });
});

test("a link holds a scenario with its settings, and a damaged one is refused", async () => {
  const shared = {
    kind: "scenario",
    name: "a.yaml",
    text: SCENARIO,
    settings: SCENARIO_DEFAULTS,
  } as const;
  const link = await linkOf(shared, "http://127.0.0.1/?x#old");
  expect(link).toMatch(/^http:\/\/127\.0\.0\.1\/\?x#v1=[\w-]+$/);
  const fragment = link.slice(link.indexOf("#"));
  expect(await sharedIn(fragment)).toEqual(shared);
  expect(await sharedIn("#elsewhere")).toBeUndefined();
  await expect(sharedIn(fragment.slice(0, -20))).rejects.toThrow("the link must be whole");
  const other = await linkOf({ kind: "other" } as never, "");
  await expect(sharedIn(other)).rejects.toThrow("the link must be one of this page");
});
