import { Validator, type OutputUnit } from "@cfworker/json-schema";

import { nearName } from "../near-name.js";
import { ScenarioError } from "./file/scenario-error.js";
import type { JsonSchema } from "./file/schema-parts.js";
import { SCENARIO_SCHEMA } from "./schema.js";

/**
 * Keywords whose errors say what is wrong; those of others only repeat that something below them
 * is.
 */
const TELLING: Readonly<Record<string, (found: Found) => string>> = {
  additionalProperties: ({ error, schema }) => {
    const key = /^Property "([^]*)" does not match/.exec(error)?.[1] ?? "";
    const known = Object.keys(schema.properties ?? {});
    return `has no key "${short(key)}"${didYouMean(key, known)}; known are ${known.join(", ")}`;
  },
  required: ({ error }) => `must have the key ${/"([^"]*)"\.$/.exec(error)?.[1] ?? ""}`,
  enum: ({ schema, value }) => {
    const known = (schema.enum as readonly unknown[]).map(String);
    const hint = typeof value === "string" ? didYouMean(value, known) : "";
    return `must be one of ${known.join(", ")}, got ${inWords(value)}${hint}`;
  },
  type: ({ schema, value }) => `must be ${typeInWords(schema.type)}, got ${inWords(value)}`,
  minimum: ({ schema, value }) =>
    `must be at least ${String(schema.minimum)}, got ${inWords(value)}`,
  maximum: ({ schema, value }) =>
    `must be at most ${String(schema.maximum)}, got ${inWords(value)}`,
  minLength: () => "must not be empty",
  maxLength: ({ schema }) => `must have at most ${String(schema.maxLength)} characters`,
  minItems: ({ schema }) => `must have at least ${String(schema.minItems)} items`,
  maxItems: ({ schema, value }) =>
    `must have at most ${String(schema.maxItems)} items, got ${(value as readonly unknown[]).length}`,
};

interface Found {
  readonly error: string;
  /** The object schema that has the keyword. */
  readonly schema: JsonSchema;
  readonly value: unknown;
}

/** @throws ScenarioError for the first thing in `value` that the schema does not allow. */
export function validate(value: unknown, file: string): void {
  const validator = new Validator(SCENARIO_SCHEMA, "7", false);
  const { valid, errors } = validator.validate(value);
  if (valid) return;
  for (const unit of errors) {
    const words = TELLING[unit.keyword];
    if (words === undefined) continue;
    const segments = segmentsOf(unit.instanceLocation);
    const found: Found = { error: unit.error, schema: schemaAt(unit), value: at(value, segments) };
    throw new ScenarioError(file, pathOf(segments), words(found));
  }
  throw new ScenarioError(file, "", errors[0]?.error ?? "must be a scenario");
}

/** ` (did you mean "size"?)`, or nothing. */
function didYouMean(word: string, known: readonly string[]): string {
  const near = nearName(word, known);
  return near === undefined ? "" : ` (did you mean "${near}"?)`;
}

function segmentsOf(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** `workloads[1].size`. */
function pathOf(segments: readonly string[]): string {
  return segments
    .map((segment) => (/^\d+$/.test(segment) ? `[${segment}]` : `.${short(segment)}`))
    .join("")
    .replace(/^\./, "");
}

function at(value: unknown, segments: readonly string[]): unknown {
  let here = value;
  for (const segment of segments) here = (here as Readonly<Record<string, unknown>>)[segment];
  return here;
}

/** The schema that has the keyword an error is about. */
function schemaAt({ keywordLocation }: OutputUnit): JsonSchema {
  let here: unknown = SCENARIO_SCHEMA;
  for (const segment of segmentsOf(keywordLocation).slice(0, -1)) {
    const object = here as Readonly<Record<string, unknown>>;
    here =
      segment === "$ref" ? at(SCENARIO_SCHEMA, segmentsOf(String(object.$ref))) : object[segment];
  }
  return here as JsonSchema;
}

function typeInWords(type: unknown): string {
  const names = (Array.isArray(type) ? type : [type]) as readonly string[];
  const words = names.map((name) =>
    name === "string"
      ? "a text"
      : name === "integer"
        ? "a whole number"
        : `a${/^[aeio]/.test(name) ? "n" : ""} ${name}`,
  );
  return words.join(" or ");
}

/** What was found, short enough for a message. */
export function inWords(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return short(JSON.stringify(value));
}

function short(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
