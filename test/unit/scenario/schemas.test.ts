import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";

import { scenarioCsv } from "../../../src/report/scenario-csv.js";
import { scenarioJson } from "../../../src/report/scenario-json.js";
import { scenarioSvg } from "../../../src/report/scenario-svg.js";
import { scenarioOf } from "../../../src/scenario/parse.js";
import { runScenario } from "../../../src/scenario/run.js";
import { SCENARIO_SCHEMA } from "../../../src/scenario/schema.js";
import { coreModule } from "../../core-under-test.js";
import { xmlFault } from "../report/well-formed-xml.js";

const docs = join(import.meta.dirname, "../../../docs");

function schemaOf(name: string): object {
  return JSON.parse(readFileSync(join(docs, name), "utf8")) as object;
}

/** Something of everything that a scenario can say. */
const EVERYTHING = {
  title: "Everything <at> once & more",
  duration: "60s",
  seed: 3,
  prices: { requestNs: 20_000 },
  guest: { bootMemory: "2GiB", online: "online_movable", cachedCpus: 2 },
  devices: [
    { name: "left", regionSize: "2GiB", requestedSize: "2GiB" },
    { name: "right", regionSize: "2GiB", vfio: true },
  ],
  host: [
    { at: "10s", until: "15s", requestedSize: "1GiB", step: "256MiB", device: "right" },
    { at: "40s", requestedSize: 0, device: "left" },
  ],
  controllers: [{ every: "5s", step: "128MiB", device: "right", start: "20s" }],
  faults: [
    { kind: "pins", at: "30s", until: "50s", workload: "heap", size: "8MiB" },
    { kind: "busy-pages", at: "35s", until: "45s", share: 0.001 },
    { kind: "device-busy", at: "39s", until: "41s", device: "left" },
    { kind: "host-out-of-memory", at: "11s", until: "12s", device: "right" },
    { kind: "migration", at: "42s", until: "43s" },
  ],
  workloads: [
    {
      kind: "anonymous",
      name: "heap",
      size: "512MiB",
      churnRate: "50MiB",
      thpShare: 0.5,
      resize: [{ at: "20s", size: "256MiB" }],
    },
    {
      kind: "page-cache",
      name: 'files, and "more"',
      readRate: "100MiB",
      dirtyShare: 0.1,
      dropAt: ["25s"],
    },
    { kind: "kernel", size: "16MiB", type: "reclaimable-slab", order: 1 },
    { kind: "network", burst: "4MiB", order: 2 },
    { kind: "pins", size: "4MiB", zone: "any", stop: "30s" },
    { kind: "functions", size: "32MiB", every: "500ms", life: "3s" },
    { kind: "compile", jobs: 2, size: "64MiB", life: "2s", totalJobs: 20 },
  ],
};

test("docs/scenario.schema.json is the schema that files are validated by", () => {
  expect(schemaOf("scenario.schema.json")).toEqual(SCENARIO_SCHEMA);
});

test("another validator takes the same scenario by that schema", () => {
  const validate = new Ajv({ strict: false }).compile(schemaOf("scenario.schema.json"));
  expect(validate(EVERYTHING) ? [] : validate.errors).toEqual([]);
  expect(validate({ ...EVERYTHING, sed: 1 })).toBe(false);
});

describe("a run of everything at once", async () => {
  const result = await runScenario(scenarioOf(EVERYTHING), { core: coreModule() }).result();
  const json = JSON.parse(JSON.stringify(scenarioJson(result, 12.5))) as object;

  test("is as docs/run.schema.json says", () => {
    const validate = new Ajv({ allowUnionTypes: true }).compile(schemaOf("run.schema.json"));
    expect(validate(json) ? [] : validate.errors).toEqual([]);
  });

  test("has something of every kind of event but kills", () => {
    const types = new Set(result.events.map(({ type }) => type));
    for (const type of ["order", "reached", "gave-up", "workload-stop", "drop-caches", "fault"]) {
      expect(types).toContain(type);
    }
    expect(result.workloads.map(({ peakSize }) => peakSize > 0)).toEqual(
      result.workloads.map(() => true),
    );
  });

  test("is a table of as many columns as its head has", () => {
    const [head = "", ...rows] = scenarioCsv(result).trimEnd().split("\n");
    expect(head).toContain('"held_bytes files, and ""more"""');
    const columns = head.replace(/"(?:[^"]|"")*"/g, "x").split(",").length;
    expect(rows).toHaveLength(result.samples.length);
    for (const row of rows) expect(row.split(",")).toHaveLength(columns);
  });

  test("is a picture that is well-formed", () => {
    expect(xmlFault(scenarioSvg(result))).toBeUndefined();
  });
});
