import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { predictionJson } from "../../../src/report/prediction-json.js";
import type { Prediction } from "../../../src/predict/prediction.js";
import {
  compileServer,
  failedGrowth,
  idleGuest,
  pinnedGuest,
  tooFullGuest,
} from "./sample-prediction.js";

const schema = JSON.parse(
  readFileSync(new URL("../../../docs/prediction.schema.json", import.meta.url), "utf8"),
) as Record<string, unknown>;
const validate = new Ajv({ allErrors: true, strictTypes: false, strictTuples: false }).compile(
  schema,
);

const SAMPLES: [string, Prediction][] = [
  ["a compile server", compileServer()],
  ["an idle guest", idleGuest()],
  ["a guest with pins", pinnedGuest()],
  ["a guest that is too full", tooFullGuest()],
  ["a growth that fails", failedGrowth()],
];

describe("predictionJson", () => {
  test.each(SAMPLES)("of %s fits the schema", (_, prediction) => {
    validate(JSON.parse(JSON.stringify(predictionJson(prediction, 12.5))));
    expect(validate.errors).toBeNull();
  });

  test("has exactly these keys, in this order", () => {
    expect(Object.keys(predictionJson(idleGuest(), 3))).toEqual([
      "profile",
      "kernel",
      "policy",
      "requestedSize",
      "pluggedSizeBefore",
      "pluggedSizeAfter",
      "interval",
      "confidence",
      "samples",
      "stays",
      "deviceBlockSize",
      "subblockSize",
      "memoryBlockSize",
      "device",
      "regionStart",
      "regionSize",
      "pluggedBefore",
      "pluggedAfter",
      "requests",
      "memoryBlocks",
      "obstacles",
      "retries",
      "migratedPages",
      "droppedPages",
      "virtualMs",
      "cost",
      "wallMs",
      "notes",
    ]);
  });

  test("lets nothing else through, not in its parts either", () => {
    const prediction = compileServer();
    const extra = { secret: 1 };
    const json = predictionJson(
      {
        ...prediction,
        ...extra,
        requests: prediction.requests.map((request) => ({ ...request, ...extra })),
        obstacles: prediction.obstacles.map((obstacle) => ({ ...obstacle, ...extra })),
        memoryBlocks: prediction.memoryBlocks.map((block) => ({ ...block, ...extra })),
      },
      1,
    );
    expect(JSON.stringify(json)).not.toContain("secret");
  });

  test("takes the real time from its caller only", () => {
    expect(predictionJson(idleGuest({ wallMs: 99 }), 3).wallMs).toBe(3);
  });
});

test("the written schema names every field of the machine-readable one", () => {
  const words = readFileSync(
    new URL("../../../docs/prediction-schema.md", import.meta.url),
    "utf8",
  );
  const names = [...JSON.stringify(schema).matchAll(/"(\w+)":\{/g)]
    .map(([, name = ""]) => name)
    .filter((name) => !["properties", "items", "definitions"].includes(name));
  const definitions = Object.keys(schema["definitions"] as object);
  for (const name of names.filter((name) => !definitions.includes(name))) {
    expect(words).toContain(`\`${name}\``);
  }
  for (const [, list = ""] of JSON.stringify(schema).matchAll(/"enum":\[(.*?)\]/g)) {
    for (const [, value = ""] of list.matchAll(/"([\w-]+)"/g))
      expect(words).toContain(`\`${value}\``);
  }
});
