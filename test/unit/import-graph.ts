import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";

import ts from "typescript";

/**
 * What each file imports or re-exports: paths relative to the folder that was read, "/" between
 * names.
 */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

/** The imports of all TypeScript files below a folder, as far as they lead to files below it. */
export function readImports(folder: string): ImportGraph {
  const root = resolve(folder);
  const graph = new Map<string, readonly string[]>();
  for (const name of readdirSync(root, { recursive: true, encoding: "utf8" }).sort()) {
    if (!name.endsWith(".ts") || name.endsWith(".d.ts")) continue;
    const file = join(root, name);
    const { importedFiles } = ts.preProcessFile(readFileSync(file, "utf8"), true, true);
    const targets = importedFiles
      .filter((each) => each.fileName.startsWith("."))
      .map((each) => fileOf(resolve(dirname(file), each.fileName)))
      .filter((each) => each.startsWith(root + sep))
      .map((each) => pathIn(root, each));
    graph.set(pathIn(root, file), [...new Set(targets)]);
  }
  return graph;
}

/**
 * The file that an import of `path` means: with its ending, without, or with that of the compiled
 * file.
 */
function fileOf(path: string): string {
  const candidates = [path.replace(/\.js$/, ".ts"), `${path}.ts`, join(path, "index.ts"), path];
  const found = candidates.find((each) => each.endsWith(".ts") && existsSync(each));
  return found ?? path;
}

function pathIn(root: string, file: string): string {
  return relative(root, file).split(sep).join("/");
}

/**
 * Circles of imports: for each set of files that reach each other the shortest way round from one
 * of them.
 */
export function circlesOf(graph: ImportGraph): string[] {
  const circles: string[] = [];
  const seen = new Set<string>();
  for (const file of graph.keys()) {
    if (seen.has(file)) continue;
    const circle = circleFrom(graph, file);
    if (circle === undefined) continue;
    for (const each of circle) seen.add(each);
    circles.push([...circle, file].join(" -> "));
  }
  return circles;
}

/** The shortest way from a file back to itself; undefined where there is none. */
function circleFrom(graph: ImportGraph, start: string): string[] | undefined {
  const from = new Map<string, string>();
  const queue = [start];
  for (const file of queue) {
    for (const target of graph.get(file) ?? []) {
      if (target === start) return wayTo(file, start, from);
      if (from.has(target)) continue;
      from.set(target, file);
      queue.push(target);
    }
  }
  return undefined;
}

function wayTo(file: string, start: string, from: ReadonlyMap<string, string>): string[] {
  const way = [file];
  for (let at = file; at !== start; way.unshift(at)) at = from.get(at) ?? start;
  return way;
}

/** The folder of a file, seen from the root; "" for a file that lies in the root itself. */
export function folderOf(file: string): string {
  const folder = dirname(file);
  return folder === "." ? "" : folder;
}

/** Which folders may import from which: "" is the root; a folder may always import from itself. */
export type AllowedArrows = Readonly<Record<string, readonly string[]>>;

/**
 * Imports that no allowed arrow covers, "file -> file" each. Every folder must have an entry in the
 * table.
 */
export function forbiddenImports(graph: ImportGraph, allowed: AllowedArrows): string[] {
  const forbidden: string[] = [];
  for (const [file, targets] of graph) {
    const folder = folderOf(file);
    const arrows = allowed[folder];
    if (arrows === undefined) throw new Error(`the table has no entry for the folder ${folder}`);
    for (const target of targets) {
      const other = folderOf(target);
      if (other !== folder && !arrows.includes(other)) forbidden.push(`${file} -> ${target}`);
    }
  }
  return forbidden;
}
