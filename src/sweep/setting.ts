import { optionError, shortened } from "../input-error.js";
import { nearName } from "../near-name.js";
import type { SweepValue } from "./axis.js";

/** A value for each axis, by path. */
export type SweepSetting = Readonly<Record<string, SweepValue>>;

type Tree = Record<string, unknown>;

/**
 * A copy of a scenario's object with some values set. Objects on the path are made where they are
 * missing; items of lists must be there, by number or by their name or kind.
 *
 * @throws RangeError where a path leads to no such item.
 */
export function withSetting(value: unknown, setting: SweepSetting): unknown {
  const copy = structuredClone(value);
  for (const [path, set] of Object.entries(setting)) setAt(copy, path, set);
  return copy;
}

function setAt(root: unknown, path: string, set: SweepValue): void {
  const segments = path.replace(/\[(\d+)\]/g, ".$1").split(".");
  const last = segments.pop() ?? "";
  let here = root;
  for (const segment of segments) here = below(here, segment, path);
  if (typeof here !== "object" || here === null || last === "") refuse(path, "a key", last);
  if (Array.isArray(here)) refuse(path, "a key of an item", last);
  own(here as Tree, last, set);
}

function below(here: unknown, segment: string, path: string): unknown {
  if (Array.isArray(here)) return itemOf(here, segment, path);
  if (typeof here !== "object" || here === null) refuse(path, "a key of an object", segment);
  const tree = here as Tree;
  if (!Object.hasOwn(tree, segment)) {
    own(tree, segment, {});
  }
  return tree[segment];
}

/** As an assignment does, but `__proto__` is a key like any other. */
function own(tree: Tree, key: string, value: unknown): void {
  const open = { enumerable: true, writable: true, configurable: true };
  Object.defineProperty(tree, key, { value, ...open });
}

function itemOf(items: readonly unknown[], segment: string, path: string): unknown {
  const names = items.map(nameOf);
  const at = /^\d+$/.test(segment) ? Number(segment) : names.indexOf(segment);
  const item = items[at];
  if (item !== undefined) return item;
  const known = names.filter((name) => name !== undefined);
  const near = nearName(segment, known);
  const hint = near === undefined ? `there are ${known.join(", ")}` : `did you mean ${near}?`;
  throw optionError(
    `--vary ${shortened(path)} must name an item of the list, got ${shortened(segment)}: ${hint}`,
  );
}

function nameOf(item: unknown): string | undefined {
  if (typeof item !== "object" || item === null) return undefined;
  const { name, kind } = item as { name?: unknown; kind?: unknown };
  if (typeof name === "string") return name;
  return typeof kind === "string" ? kind : undefined;
}

function refuse(path: string, what: string, found: string): never {
  throw optionError(`--vary ${shortened(path)} must lead to ${what}, got ${shortened(found)}`);
}
