// What can be written at a place of a scenario, from its schema.

import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";

import schema from "../../../docs/scenario.schema.json";

interface Node {
  readonly $ref?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly type?: string | readonly string[];
  readonly allOf?: readonly Node[];
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
  readonly if?: Node;
  readonly then?: Node;
  readonly else?: Node;
}

const ROOT = schema as unknown as Node & { readonly definitions: Readonly<Record<string, Node>> };

/** All that a schema may be at once: what it refers to, and each of its choices. */
function unfolded(node: Node, depth = 0): Node[] {
  if (depth > 12) return [];
  const referred =
    node.$ref?.startsWith("#/definitions/") === true
      ? ROOT.definitions[node.$ref.slice("#/definitions/".length)]
      : undefined;
  const parts = [
    referred,
    ...(node.allOf ?? []),
    ...(node.anyOf ?? []),
    ...(node.oneOf ?? []),
    node.if,
    node.then,
    node.else,
  ].filter((part) => part !== undefined);
  return [node, ...parts.flatMap((part) => unfolded(part, depth + 1))];
}

/** Where a line stands: keys and list items above it, by their indentation. */
export interface Place {
  readonly path: readonly (string | number)[];
  /** The kind that the entry names, where it does. */
  readonly kind: string | undefined;
  readonly siblings: readonly string[];
}

const KEY = /^(\s*)(- +)?([\w-]+) *:/;

/** The path of line `at`, whose text begins at column `indent`. */
export function placeOf(lines: readonly string[], at: number, indent: number): Place {
  const path: string[] = [];
  let limit = indent;
  for (let line = at - 1; line >= 0 && limit > 0; line--) {
    const text = lines[line] ?? "";
    const match = KEY.exec(text);
    if (match === null) continue;
    const dash = match[2] ?? "";
    const column = (match[1] ?? "").length;
    const keyColumn = column + dash.length;
    if (keyColumn < limit) {
      path.unshift(match[3] ?? "");
      limit = dash === "" ? column : Math.min(column, keyColumn);
      if (dash !== "" && keyColumn > column) limit = keyColumn;
    } else if (dash !== "" && column < limit) limit = column + 1;
  }
  const { kind, siblings } = entryAround(lines, at, indent);
  return { path, kind, siblings };
}

/** The keys beside the one at column `indent`, and the value of `kind` among them. */
function entryAround(lines: readonly string[], at: number, indent: number) {
  const siblings: string[] = [];
  let kind: string | undefined;
  const note = (line: number): boolean => {
    const text = lines[line] ?? "";
    if (text.trim() === "" || text.trim().startsWith("#")) return true;
    const match = KEY.exec(text);
    const column = (match?.[1] ?? /^\s*/.exec(text)?.[0] ?? "").length + (match?.[2] ?? "").length;
    if (column < indent) return false;
    if (match !== null && column === indent) {
      siblings.push(match[3] ?? "");
      if (match[3] === "kind") kind = /: *([\w-]+)/.exec(text)?.[1];
    }
    return !(match?.[2] !== undefined && column === indent);
  };
  for (let line = at; line >= 0; line--) if (!note(line)) break;
  for (let line = at + 1; line < lines.length; line++) {
    if ((lines[line] ?? "").trimStart().startsWith("- ") || !note(line)) break;
  }
  return { kind, siblings };
}

/** The schemas of a path. */
function schemasAt({ path, kind }: Place): Node[] {
  let nodes = unfolded(ROOT);
  for (const step of path) {
    nodes = nodes
      .flatMap((node) => {
        const found = node.properties?.[step];
        return found === undefined ? [] : unfolded(found);
      })
      .flatMap((node) => [node, ...(node.items === undefined ? [] : unfolded(node.items))]);
  }
  return kind === undefined ? nodes : nodes.filter((node) => fitsKind(node, kind));
}

function fitsKind({ properties }: Node, kind: string): boolean {
  const wanted = properties?.kind;
  if (wanted === undefined) return true;
  if (wanted.const !== undefined) return wanted.const === kind;
  return wanted.enum === undefined || wanted.enum.includes(kind);
}

/** Keys that can stand at a place. */
export function keysAt(place: Place): Completion[] {
  const found = new Map<string, Completion>();
  for (const { properties } of schemasAt(place)) {
    for (const [name, node] of Object.entries(properties ?? {})) {
      if (place.siblings.includes(name) || found.has(name)) continue;
      const info = unfolded(node).find(({ description }) => description !== undefined)?.description;
      found.set(name, {
        label: name,
        type: "property",
        apply: `${name}: `,
        ...(info === undefined ? {} : { info }),
      });
    }
  }
  return [...found.values()];
}

/** Values that can stand behind a key. */
export function valuesAt(place: Place, key: string): Completion[] {
  const values = new Set<string>();
  const nodes = schemasAt({
    ...place,
    path: place.path,
    kind: key === "kind" ? undefined : place.kind,
  });
  for (const { properties } of nodes) {
    const node = properties?.[key];
    if (node === undefined) continue;
    for (const { enum: choices, const: only, type } of unfolded(node)) {
      for (const value of choices ?? []) values.add(String(value));
      if (typeof only === "string") values.add(only);
      if (type === "boolean") for (const value of ["true", "false"]) values.add(value);
    }
  }
  return [...values].map((label) => ({ label, type: "enum" }));
}

export function completeScenario(context: CompletionContext): CompletionResult | null {
  const { doc } = context.state;
  const line = doc.lineAt(context.pos);
  const before = line.text.slice(0, context.pos - line.from);
  const lines = doc.toString().split("\n");
  const at = line.number - 1;
  const value = /^(\s*(?:- +)?)([\w-]+): +([\w.-]*)$/.exec(before);
  if (value !== null) {
    const [, lead = "", key = "", typed = ""] = value;
    const options = valuesAt(placeOf(lines, at, lead.length), key);
    return options.length === 0 ? null : { from: context.pos - typed.length, options };
  }
  const key = /^(\s*(?:- +)?)([\w-]*)$/.exec(before);
  if (key === null) return null;
  const [, lead = "", typed = ""] = key;
  if (typed === "" && !context.explicit && lead.trim() === "") return null;
  const options = keysAt(placeOf(lines, at, lead.length));
  return options.length === 0 ? null : { from: context.pos - typed.length, options };
}
