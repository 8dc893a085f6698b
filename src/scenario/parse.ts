import { isScalar, parseDocument, visit, type Document } from "yaml";

import type { Capture } from "../capture/capture.js";
import { shown } from "../input-error.js";
import { resolve } from "./resolve.js";
import type { Scenario } from "./scenario.js";
import { ScenarioError } from "./file/scenario-error.js";
import { validate } from "./validate.js";

/** Longer files are no scenarios. */
const MAX_CHARACTERS = 1 << 20;
/** Uses of YAML anchors, so that a small file cannot become a huge one. */
const MAX_ALIASES = 100;
const MAX_DEPTH = 20;

/**
 * Reads a scenario file: YAML 1.2, of which JSON is a part.
 *
 * @param text - The file, at most 2^20 characters.
 * @param file - What messages call it. Default: `scenario`.
 * @param capture - What its key `start` names, as read by the caller. Default: none.
 * @throws ScenarioError that says where in the file, what rule, and what was found.
 *
 * @example
 * ```js
 * import { parseScenario } from "virtio-mem-engine";
 *
 * const scenario = parseScenario(`
 * title: Grow and shrink
 * duration: 1min
 * guest: { bootMemory: 1GiB }
 * device: { regionSize: 4GiB }
 * host:
 *   - { at: 1s, requestedSize: 2GiB }
 *   - { at: 30s, requestedSize: 0 }
 * workloads:
 *   - { kind: anonymous, size: 512MiB, start: 5s }
 * `);
 * console.log(scenario.durationMs); // 60000
 * ```
 */
export function parseScenario(text: string, file = "scenario", capture?: Capture): Scenario {
  return scenarioOf(scenarioValue(text, file), file, capture);
}

/**
 * The capture that a scenario begins with, as its file names it; undefined where it names none.
 *
 * @param value - From {@link scenarioValue}; whatever else is wrong with it is not said here.
 */
export function startOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || !("start" in value)) return undefined;
  return typeof value.start === "string" && value.start !== "" ? value.start : undefined;
}

/**
 * The object that a scenario file says, as it is written there: {@link scenarioOf} checks it.
 *
 * @throws ScenarioError where it is no YAML.
 */
export function scenarioValue(text: string, file: string): unknown {
  if (text.length > MAX_CHARACTERS) {
    throw new ScenarioError(
      file,
      "",
      `must have at most ${MAX_CHARACTERS} characters, got ${text.length}`,
    );
  }
  const document = documentOf(text, file);
  const [problem] = document.errors;
  if (problem?.message.startsWith("Maximum call stack") === true) throw tooDeep(file);
  if (problem !== undefined) {
    throw new ScenarioError(file, "", `must be YAML or JSON: ${firstLine(problem.message)}`);
  }
  assertUniqueKeys(document, file);
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new ScenarioError(file, "", `must be YAML that can be unfolded: ${firstLine(found)}`);
  }
}

function tooDeep(file: string): ScenarioError {
  return new ScenarioError(file, "", `must be nested at most ${MAX_DEPTH} deep`);
}

function documentOf(text: string, file: string): Document.Parsed {
  try {
    // The parser itself compares each key with all before it.
    return parseDocument(text, { prettyErrors: true, stringKeys: true, uniqueKeys: false });
  } catch {
    throw tooDeep(file);
  }
}

function assertUniqueKeys(document: Document.Parsed, file: string): void {
  visit(document, {
    Map: (_, { items }) => {
      const keys = new Set<unknown>();
      for (const { key } of items) {
        const name = isScalar(key) ? key.value : key;
        if (keys.has(name)) {
          throw new ScenarioError(file, "", `must have each key once, got ${shown(name)} twice`);
        }
        keys.add(name);
      }
    },
  });
}

/**
 * Checks a scenario that is an object already, as a program or `JSON.parse` makes it.
 *
 * @param value - An object as `JSON.parse()` makes it, with the keys of a scenario file.
 * @param file - What messages call it. Default: `scenario`.
 * @param capture - What its key `start` names, as read by the caller. Default: none.
 * @throws ScenarioError like {@link parseScenario}.
 *
 * @example
 * ```js
 * import { scenarioOf } from "virtio-mem-engine";
 *
 * const scenario = scenarioOf({
 *   duration: "1min",
 *   guest: { bootMemory: "1GiB" },
 *   device: { regionSize: "4GiB" },
 *   host: [{ at: "1s", requestedSize: "2GiB" }],
 * });
 * console.log(scenario.host[0].requestedSize); // 2147483648
 * ```
 */
export function scenarioOf(value: unknown, file = "scenario", capture?: Capture): Scenario {
  if (value === null || value === undefined) throw new ScenarioError(file, "", "must not be empty");
  assertTree(value, file, "", []);
  validate(value, file);
  return resolve(value, file, capture);
}

/**
 * Nothing may contain itself, by a YAML anchor or in a program's object, nor hold what no file can.
 */
function assertTree(value: unknown, file: string, path: string, above: readonly object[]): void {
  if (
    value === undefined ||
    typeof value === "function" ||
    typeof value === "symbol" ||
    typeof value === "bigint"
  ) {
    throw new ScenarioError(file, path, `must be what JSON can hold, got ${shown(value)}`);
  }
  if (typeof value === "string") assertWholeCharacters(value, file, path);
  if (typeof value !== "object" || value === null) return;
  if (above.includes(value)) throw new ScenarioError(file, path, "must not contain itself");
  if (above.length === MAX_DEPTH) {
    throw new ScenarioError(file, path, `must be nested at most ${MAX_DEPTH} deep`);
  }
  for (const [key, item] of Object.entries(value)) {
    assertWholeCharacters(key, file, path);
    const place = Array.isArray(value)
      ? `${path}[${key}]`
      : `${path}${path === "" ? "" : "."}${key}`;
    assertTree(item, file, place, [...above, value]);
  }
}

/** Half of a surrogate pair, as the escape `\ud800` of YAML gives it, is no text to a URI. */
const HALF_CHARACTER = /\p{Surrogate}/u;

function assertWholeCharacters(text: string, file: string, path: string): void {
  if (!HALF_CHARACTER.test(text)) return;
  throw new ScenarioError(file, path, `must hold whole characters, got ${shown(text)}`);
}

function firstLine(message: string): string {
  return message.split("\n", 1)[0] ?? "";
}
