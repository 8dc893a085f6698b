import fc from "fast-check";

import type { JsonSchema } from "../../src/scenario/file/schema-parts.js";
import { SCENARIO_SCHEMA } from "../../src/scenario/schema.js";
import { ODD_NUMBERS, ODD_WORDS } from "./text-damage.js";

// Scenarios that the schema allows, and nearly such: so that most get past it, to the rules of more
// than one value and into a run.

const SIZES = ["0", "4KiB", "2MiB", "64MiB", "128MiB", "256MiB", "512MiB", "1GiB", "2GiB"];
const TIMES = ["0s", "1ms", "500ms", "1s", "2s", "5s", "10s", "1min"];
/** Instances for what the schema says by pattern or number. */
const NAMED: Readonly<Record<string, readonly unknown[]>> = {
  size: SIZES,
  time: TIMES,
  share: [0, 0.1, 0.5, 1],
};
const POLICIES = [
  "linux",
  "sense-first",
  "sense-first+isolate-first",
  "reserve=64MiB",
  "retry-fixed",
];
const NAMES = ["a", "b", "device 1", "web", "\u001b[31mred", "__proto__"];

const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(...ODD_NUMBERS, ...ODD_WORDS.filter((word) => word.length < 100)),
  fc.constantFrom<unknown>(null, true, -1, 1.5, 1e300, 2 ** 53, [], {}, [[]], { a: 1 }),
);

/** Values of a schema; one in forty is anything else. */
function valueOf(schema: JsonSchema, name: string): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 40, arbitrary: fittingValue(schema, name) },
    { weight: 1, arbitrary: odd },
  );
}

function fittingValue(schema: JsonSchema, name: string): fc.Arbitrary<unknown> {
  const given = schema as Readonly<Record<string, unknown>>;
  const parts = given["allOf"] as JsonSchema[] | undefined;
  const reference = (given["$ref"] ?? parts?.[0]?.["$ref"]) as string | undefined;
  if (reference !== undefined) return definition(reference.slice("#/definitions/".length));
  if (Array.isArray(given["enum"]))
    return fc.constantFrom<unknown>(...(given["enum"] as unknown[]));
  if (schema.properties !== undefined) return objectOf(schema);
  if (given["type"] === "array") {
    const items = valueOf(given["items"] as JsonSchema, name);
    const minLength = Number(given["minItems"] ?? 0);
    return fc.array(items, { minLength, maxLength: Math.max(minLength, 3) });
  }
  if (given["type"] === "boolean") return fc.boolean();
  if (name === "policy") return fc.constantFrom(...POLICIES);
  if (given["type"] === "string") return fc.constantFrom(...NAMES);
  const least = Number(given["minimum"] ?? 0);
  const most = Math.min(Number(given["maximum"] ?? 1000), 100_000);
  if (given["type"] === "integer") return fc.integer({ min: least, max: most });
  return fc.double({ min: least, max: most, noNaN: true });
}

function definition(name: string): fc.Arbitrary<unknown> {
  const values = NAMED[name];
  if (values !== undefined) return fc.constantFrom(...values);
  const definitions = SCENARIO_SCHEMA["definitions"] as Record<string, JsonSchema>;
  const schema = definitions[name];
  if (schema === undefined) throw new Error(`the schema has no ${name}`);
  const kinds = (schema.properties?.["kind"] as { enum?: string[] } | undefined)?.enum;
  if (kinds === undefined) return objectOf(schema);
  const suffix = name === "fault" ? "-fault" : "";
  return fc.oneof(
    ...kinds.map((kind) =>
      definition(`${kind}${suffix}`).map((value) =>
        typeof value === "object" && value !== null ? { ...value, kind } : value,
      ),
    ),
  );
}

function objectOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  const required = (schema["required"] ?? []) as string[];
  const model = Object.fromEntries(
    Object.entries(schema.properties ?? {}).map(([key, part]) => [key, valueOf(part, key)]),
  );
  return fc.record(model, { requiredKeys: required });
}

/** Boot memory and a device that are there most of the time: without them little happens. */
export const scenarioValue: fc.Arbitrary<unknown> = objectOf(SCENARIO_SCHEMA).map((value) => {
  const scenario = value as Record<string, unknown>;
  // either of these; the check for both has its own test
  if (scenario["devices"] !== undefined) delete scenario["device"];
  return scenario;
});
