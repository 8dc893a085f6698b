import { basename, dirname, join, normalize } from "node:path";

import { describe, expect, test } from "vitest";

import { commentsOf, DOCUMENTS, FILES, proseOf, SOURCES, textOf } from "./documents.js";

const LINK = /\]\(([^)\s]+)\)/g;
/** A path from the root of the repository, perhaps of a folder. */
const PATH = /(?<![\w./@*-])((?:\.ci|assembly|bench|docs|examples|scripts|src|test)\/[\w./-]*\w)/g;
/** A source or document by its name alone. */
const NAME = /(?<![\w./-])([\w-]+(?:\.test)?\.(?:ts|md|mjs))(?![\w/-])/g;

/** Not of this repository: what a user writes, what the build makes, other projects' files. */
const OTHER_NAMES = new Set(["calm-first.ts", "ascending.mjs"]);

const folders = new Set(FILES.flatMap(foldersOf));
const names = new Set(FILES.map((file) => basename(file)));

function foldersOf(file: string): string[] {
  const folder = dirname(file);
  return folder === "." ? [] : [folder, ...foldersOf(folder)];
}

function exists(path: string): boolean {
  return FILES.includes(path) || folders.has(path);
}

/** The anchors that a document has, as a forge makes them of its headings. */
function anchorsOf(file: string): Set<string> {
  const headings = [...textOf(file).matchAll(/^#+ (.+)$/gm)];
  return new Set(
    headings.map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replace(/[^\w\s-]/g, "")
        .replaceAll(" ", "-"),
    ),
  );
}

/** What is wrong with a link of a document; undefined where it leads somewhere. */
function faultOf(file: string, target: string): string | undefined {
  if (/^[a-z]+:/.test(target)) return undefined;
  const [path = "", anchor] = target.split("#");
  const resolved = path === "" ? file : normalize(join(dirname(file), path));
  if (!exists(resolved)) return `no file ${resolved}`;
  if (anchor === undefined || !resolved.endsWith(".md")) return undefined;
  return anchorsOf(resolved).has(anchor) ? undefined : `no heading #${anchor} in ${resolved}`;
}

describe.each(DOCUMENTS)("%s", (file) => {
  test("has no link that leads nowhere", () => {
    const faults = proseOf(file).flatMap(({ line, text }) =>
      [...text.matchAll(LINK)].flatMap(([, target = ""]) => {
        const fault = faultOf(file, target);
        return fault === undefined ? [] : [`line ${line}: ${fault}`];
      }),
    );
    expect(faults).toEqual([]);
  });

  test("names no file that does not exist", () => {
    expect(proseOf(file).flatMap(({ line, text }) => missingIn(text, line))).toEqual([]);
  });
});

test("functions are where the design says that they are", () => {
  const places = [
    ...textOf("docs/design.md").matchAll(/`(?:\w+\.)?(\w+)\(\)` in\s+`([\w/.-]+)`/g),
  ].map(([, name = "", file = ""]) => [name, file] as const);
  expect(places.length).toBeGreaterThan(8);
  const missing = places.filter(([name, file]) => !textOf(file).includes(`${name}(`));
  expect(missing).toEqual([]);
});

test("comments name no file that does not exist", () => {
  const faults = SOURCES.flatMap((file) =>
    commentsOf(file).flatMap(({ line, text }) =>
      missingIn(text, line).map((fault) => `${file} ${fault}`),
    ),
  );
  expect(faults).toEqual([]);
});

test("references with an anchor in comments lead to a heading", () => {
  const faults = SOURCES.flatMap((file) =>
    commentsOf(file).flatMap(({ line, text }) =>
      [...text.matchAll(/\b(docs\/[\w/-]+\.md)#([\w-]+)/g)]
        .filter(([, path = "", anchor = ""]) => exists(path) && !anchorsOf(path).has(anchor))
        .map(([reference]) => `${file} line ${line}: ${reference}`),
    ),
  );
  expect(faults).toEqual([]);
});

/** Files that a line names and that do not exist. */
function missingIn(text: string, line: number): string[] {
  const withoutLinks = text.replace(/https?:\S+/g, "");
  const paths = [...withoutLinks.matchAll(PATH)].map(([, path = ""]) => path);
  const rest = withoutLinks.replace(PATH, "");
  const singles = [...rest.matchAll(NAME)].map(([, name = ""]) => name);
  return [
    ...paths.filter((path) => !exists(path)),
    ...singles.filter((name) => !names.has(name) && !OTHER_NAMES.has(name)),
  ].map((missing) => `line ${line}: ${missing}`);
}
