import { isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, type Node } from "yaml";

import { parseScenario, ScenarioError } from "../../../src/index.js";
import type { Problem } from "./protocol.js";

/** What is wrong with a scenario, and where in its text; empty where it can run. */
export function problemsOf(text: string, name: string): Problem[] {
  try {
    parseScenario(text, name);
    return [];
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    const words = error.message.startsWith(`${name}: `)
      ? error.message.slice(name.length + 2)
      : error.message;
    return [{ ...placeOf(text, pathIn(words, error.path)), words }];
  }
}

/** Where the rule is broken: a key that is not known lies below the path that is said. */
function pathIn(words: string, path: string): string {
  const said = path === "" ? (/^([\w-]+(?:[[\].]+[\w-]+)*\]?): /.exec(words)?.[1] ?? "") : path;
  const key = /has no key "([\w-]+)"/.exec(words)?.[1];
  if (key === undefined) return said;
  return said === "" ? key : `${said}.${key}`;
}

interface Place {
  readonly from: number;
  readonly to: number;
}

function placeOf(text: string, path: string): Place {
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false });
    const [problem] = document.errors;
    if (problem !== undefined) return { from: problem.pos[0], to: problem.pos[1] };
    return placeIn(document.contents, stepsOf(path)) ?? firstLine(text);
  } catch {
    return firstLine(text);
  }
}

function firstLine(text: string): Place {
  const end = text.indexOf("\n");
  return { from: 0, to: end === -1 ? text.length : end };
}

/** `workloads[1].size` as steps. */
function stepsOf(path: string): string[] {
  return path === "" ? [] : path.replaceAll("[", ".").replaceAll("]", "").split(".");
}

/** As far down as the path leads: a key that is missing is said of what it is missing in. */
function placeIn(root: Node | null, steps: readonly string[]): Place | undefined {
  let node: unknown = root;
  let place: Place | undefined;
  for (const step of steps) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === step);
      if (pair === undefined) break;
      place = rangeOf(pair.value) ?? rangeOf(pair.key) ?? place;
      if (!isScalar(pair.value)) place = rangeOf(pair.key) ?? place;
      node = pair.value;
    } else if (isSeq(node)) {
      const item = node.items[Number(step)];
      if (item === undefined) break;
      place = rangeOf(item) ?? place;
      node = item;
    } else break;
  }
  return place;
}

function rangeOf(node: unknown): Place | undefined {
  if (node === null || typeof node !== "object" || isPair(node)) return undefined;
  const { range } = node as { range?: readonly [number, number, number] | null };
  if (range === undefined || range === null) return undefined;
  return { from: range[0], to: Math.max(range[1], range[0] + 1) };
}
