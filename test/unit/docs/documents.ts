import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../../..");

/** A line of prose, where it stands. */
export interface ProseLine {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** What the build, the tests and the tools leave behind; see .gitignore. */
const LEFT_BEHIND = /^(\.git|node_modules|build|dist|coverage)$|\.(tgz|log)$/;

/** Files of the repository, relative to its root. */
export const FILES: readonly string[] = readdirSync(ROOT)
  .filter((name) => !LEFT_BEHIND.test(name))
  .flatMap((name) => filesBelow(name))
  .sort();

function filesBelow(path: string): string[] {
  if (!statSync(join(ROOT, path)).isDirectory()) return [path];
  return readdirSync(join(ROOT, path)).flatMap((name) => filesBelow(join(path, name)));
}

/** Documents written by hand. */
export const DOCUMENTS = FILES.filter((file) =>
  /^(README|CHANGELOG|CONTRIBUTING|SECURITY|docs\/|bench\/|test\/golden\/README)/.test(file),
).filter((file) => file.endsWith(".md") && file !== "bench/RESULTS.md");

/** Sources with comments. */
export const SOURCES = FILES.filter((file) =>
  /^(assembly|bench|examples|scripts|src|test)\/.*\.(ts|mjs|c|h)$/.test(file),
);

export function textOf(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

/** The lines of a document outside of code blocks and comments to be processed. */
export function proseOf(file: string): ProseLine[] {
  let inCode = false;
  const lines: ProseLine[] = [];
  for (const [index, text] of textOf(file).split("\n").entries()) {
    if (/^\s*```/.test(text)) inCode = !inCode;
    else if (!inCode && !text.startsWith("<!--") && !text.startsWith("    ")) {
      lines.push({ file, line: index + 1, text });
    }
  }
  return lines;
}

/** The comments of a source, line by line. */
export function commentsOf(file: string): ProseLine[] {
  return textOf(file)
    .split("\n")
    .map((text, index) => ({ file, line: index + 1, text: commentIn(text) }))
    .filter(({ text }) => text !== "");
}

/** The comment of a line, without its code; a `//` inside of a text in quotes begins none. */
function commentIn(line: string): string {
  const whole = /^\s*(\/\/|\/\*|\*)(.*)$/.exec(line);
  if (whole !== null) return whole[2] ?? "";
  return /\s\/\/ ([^"'`]*)$/.exec(line)?.[1] ?? "";
}
