import { describe, expect, it } from "vitest";

import { fleetCsv } from "../../../src/report/fleet-csv.js";
import { fleetPrometheus } from "../../../src/report/fleet-prometheus.js";
import { failedFleetRow, fleetRow, worstFirst } from "../../../src/report/fleet-row.js";
import { fleetText } from "../../../src/report/fleet-text.js";
import { drawnPrediction, MiB } from "./sample-prediction.js";

const BAD = fleetRow("bad", "bad.tar.gz", drawnPrediction(["s.p.", "k#.."]));
const GOOD = fleetRow("good", "good.tar.gz", drawnPrediction(["...."], { device: "virtio0" }));
const BROKEN = failedFleetRow("broken", "broken.tar.gz", "must be whole, got a half");

describe("rows of a fleet", () => {
  it("say what is missing, by what it is held, and what to do", () => {
    expect(BAD.answer).toMatchObject({ shortSize: 128 * MiB, returnedSize: 128 * MiB });
    expect(BAD.answer?.blockers.map(({ reason }) => reason)).toEqual(["slab", "pinned", "kernel"]);
    expect(BAD.answer?.suggestions[0]?.text).toContain("drop_caches");
    expect(GOOD.answer).toMatchObject({ shortSize: 0, suggestions: [] });
  });

  it("come worst first, those without an answer last", () => {
    const guests = worstFirst([BROKEN, GOOD, BAD]).map(({ guest }) => guest);
    expect(guests).toEqual(["bad", "good", "broken"]);
  });
});

describe("the table", () => {
  it("fits into its columns with names of any length, and counts what comes back", () => {
    const long = { ...GOOD, guest: "a-guest-".repeat(20) };
    const text = fleetText([BAD, long, BROKEN], { columns: 60 });
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(60);
    expect(text).toContain("2 devices of 3 guests; 256 MiB of 384 MiB come back; 1 reach");
    expect(text).toContain("cannot be used: must be whole, got a half");
  });

  it("names the device where a guest has several", () => {
    const other = { ...GOOD, device: "virtio1" };
    expect(fleetText([GOOD, other], { columns: 80 })).toContain("good virtio1");
    expect(fleetText([GOOD], { columns: 80 })).not.toContain("virtio0");
  });
});

describe("the table as CSV", () => {
  it("has the same cells in each line, quoted where they must be", () => {
    const row = failedFleetRow('a "quoted", name', "f", "e");
    const lines = fleetCsv([BAD, row]).trimEnd().split("\n");
    expect(lines).toHaveLength(3);
    expect(lines[2]).toMatch(/^"a ""quoted"", name",,/);
    expect(lines[1]?.split(",").length).toBeGreaterThanOrEqual(lines[0]?.split(",").length ?? 0);
  });
});

describe("the table for Prometheus", () => {
  const text = fleetPrometheus([BAD, GOOD, { ...BROKEN, guest: 'a\\b"c\nd' }]);

  it("has a series for each guest, labels escaped", () => {
    expect(text).toContain('virtio_mem_capture_usable{guest="a\\\\b\\"c\\nd"} 0\n');
    expect(text).toContain('virtio_mem_predicted_short_bytes{guest="good",device="virtio0"} 0\n');
    expect(text).toContain(
      `virtio_mem_predicted_blocked_bytes{guest="bad",device="virtio0",reason="slab"} ${32 * MiB}\n`,
    );
  });

  it("holds no series twice, and only lines of the text format", () => {
    const series = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    const names = series.map((line) => line.slice(0, line.lastIndexOf(" ")));
    expect(new Set(names).size).toBe(names.length);
    for (const line of series) expect(line).toMatch(/^virtio_mem_\w+\{.*\} -?\d+$/);
  });
});
