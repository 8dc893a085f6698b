import { describe, expect, test } from "vitest";

import { parseAxis } from "../../../src/sweep/axis.js";
import { planSweep, requestOf, type SweepSubject } from "../../../src/sweep/plan.js";
import { withSetting } from "../../../src/sweep/setting.js";

const VALUE = {
  duration: "1s",
  seed: 7,
  device: { regionSize: "1GiB" },
  workloads: [
    { kind: "anonymous", name: "database", size: "64MiB" },
    { kind: "kernel", size: "16MiB" },
  ],
};
const SUBJECT: SweepSubject = { kind: "scenario", name: "s.yaml", value: VALUE };

const planned = (vary: readonly string[], more: { nrSeeds?: number; engine?: string } = {}) =>
  planSweep(SUBJECT, { axes: vary.map(parseAxis), engine: "1", ...more });

describe("an axis", () => {
  test("has numbers, truth and text", () => {
    expect(parseAxis("a.b = 1, 2.5,true,2MiB")).toEqual({
      path: "a.b",
      values: [1, 2.5, true, "2MiB"],
    });
  });

  test.each(["", "a", "=1", "a=", "a=1,,2", "a=1,1"])("%j is refused", (text) => {
    expect(() => parseAxis(text)).toThrow("--vary");
  });
});

describe("a setting", () => {
  test("leaves the scenario as it is, makes objects, and finds items by number, name and kind", () => {
    const before = structuredClone(VALUE);
    const set = withSetting(VALUE, {
      "guest.autoMovableRatio": 100,
      "workloads.database.size": "1GiB",
      "workloads.kernel.size": "2MiB",
      "workloads[0].start": "1s",
    });
    expect(VALUE).toEqual(before);
    expect(set).toMatchObject({
      guest: { autoMovableRatio: 100 },
      workloads: [{ size: "1GiB", start: "1s" }, { size: "2MiB" }],
    });
  });

  test.each([
    ["workloads.databse.size", "did you mean database?"],
    ["workloads[2].size", "must name an item of the list"],
    ["duration.x", "must lead to a key"],
    ["workloads.database", "must lead to a key of an item"],
  ])("%s is refused", (path, words) => {
    expect(() => withSetting(VALUE, { [path]: 1 })).toThrow(words);
  });

  test("a key of prototypes is a key like any other, and none of a scenario", async () => {
    await expect(planned(["__proto__.x=1"])).rejects.toThrow("has no key");
    await expect(planned(["guest.__proto__=1"])).rejects.toThrow("has no key");
  });
});

describe("a plan", () => {
  test("has every combination with every seed, the last axis fastest", async () => {
    const plan = await planned(["device.blockSize=2MiB,4MiB", "guest.cachedCpus=0,1"], {
      nrSeeds: 2,
    });
    expect(plan.settings).toEqual([
      { "device.blockSize": "2MiB", "guest.cachedCpus": 0 },
      { "device.blockSize": "2MiB", "guest.cachedCpus": 1 },
      { "device.blockSize": "4MiB", "guest.cachedCpus": 0 },
      { "device.blockSize": "4MiB", "guest.cachedCpus": 1 },
    ]);
    expect(plan.seeds).toEqual([7, 8]);
    expect(plan.jobs.map(({ setting, seed }) => [setting, seed])).toEqual(
      [0, 1, 2, 3].flatMap((setting) => [7, 8].map((seed) => [setting, seed])),
    );
    expect(new Set(plan.jobs.map(({ key }) => key)).size).toBe(8);
  });

  test("gives equal runs equal keys, and others others", async () => {
    const keysOf = async (...args: Parameters<typeof planned>) =>
      (await planned(...args)).jobs.map(({ key }) => key);
    const [one, two] = await keysOf(["device.blockSize=2MiB,4MiB"]);
    // the default written out is the same run
    expect(await keysOf([])).toEqual([one]);
    expect(await keysOf(["guest.online=online"])).toEqual([one]);
    expect(await keysOf(["device.blockSize=4MiB"])).toEqual([two]);
    expect(await keysOf([], { engine: "2" })).not.toEqual([one]);
  });

  test.each([
    [["guest.autoMovableRato=1"], 'did you mean "autoMovableRatio"?'],
    [["device.blockSize=2MiB,3MiB"], "must be a power of two"],
    [["seed=1"], "must leave seeds to --seeds"],
    [["guest.cachedCpus=1", "guest.cachedCpus=2"], "must name each path once"],
    [["policy=./mine.js"], "policy must be named ones"],
  ])("%j is refused before anything runs", async (vary, words) => {
    await expect(planned(vary)).rejects.toThrow(words);
  });

  test("says how many runs are too many", async () => {
    const nine = Array.from({ length: 9 }, (_, at) => `x${at}=1,2,3,4,5,6,7,8,9,10`);
    await expect(planned(nine)).rejects.toThrow(
      "must have at most 10,000 runs, got 1,000,000,000; --yes runs them all",
    );
  });
});

describe("what is asked of a capture", () => {
  test("in bytes and milliseconds", () => {
    const request = requestOf({ requestedSize: "1GiB", until: "1min", policy: "sense-first" });
    expect(request).toEqual({
      requestedSize: 1024 ** 3,
      profile: "auto",
      policy: "sense-first",
      untilMs: 60_000,
    });
  });

  test.each([
    [{ "guest.autoMovableRatio": 1 }, "which only scenarios have"],
    [{ requestSize: 1 }, "did you mean requestedSize?"],
    [{ profile: "v1" }, "profile must be one of"],
    [{ policy: "none" }, "policy must be one of"],
  ])("%j is refused", (setting, words) => {
    expect(() => requestOf(setting)).toThrow(words);
  });
});
