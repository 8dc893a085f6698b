import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { inWords } from "../../../scripts/docs/value-words.js";
import { linuxProfile, PROFILE_NAMES, type ProfileName } from "../../../src/linux/profile.js";
import {
  ANSWER_ROWS,
  BIG_BLOCK_ROWS,
  RESULT_ROWS,
  SUB_BLOCK_ROWS,
  type Row,
} from "./transitions.js";

const ROWS: readonly Row[] = [...SUB_BLOCK_ROWS, ...BIG_BLOCK_ROWS, ...ANSWER_ROWS, ...RESULT_ROWS];
const DOCUMENT = readFileSync(new URL("../../../docs/transitions.md", import.meta.url), "utf8");

describe.each(ROWS)("$id: $claim", ({ profiles, prove }) => {
  test.each(profiles)("in %s", (profile) => {
    prove(profile);
  });
});

/** The cells of the document's table rows that begin with a backquoted word. */
function documented(pattern: RegExp): string[][] {
  return DOCUMENT.split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll("`", "")),
    )
    .filter(([id]) => pattern.test(id ?? ""));
}

/** Profiles as the document names them: all, one, or a range of releases. */
function profilesInWords(profiles: readonly ProfileName[]): string {
  const [first] = profiles;
  const last = profiles.at(-1);
  if (profiles.length === PROFILE_NAMES.length) return "all";
  if (first === last) return String(first);
  return last === "upstream" ? `from ${String(first)}` : `${String(first)} to ${String(last)}`;
}

test("every transition and errno row of the document has a test, and every test a row", () => {
  expect(documented(/^[TBER]-?\w/)).toEqual(
    ROWS.map(({ id, claim, profiles }) => [id, claim, profilesInWords(profiles)]),
  );
});

test("no transition of the specification is left out", () => {
  const numbers = (rows: readonly Row[]): Set<number> =>
    new Set(rows.map(({ id }) => Number(/\d+/.exec(id)?.[0])));
  expect([...numbers(SUB_BLOCK_ROWS)]).toEqual(Array.from({ length: 23 }, (_, i) => i + 1));
  expect([...numbers(BIG_BLOCK_ROWS)]).toEqual(Array.from({ length: 8 }, (_, i) => i + 1));
});

test("the differences between versions in the document are those of the data", () => {
  const fields = Object.keys(linuxProfile("v6.1").driver);
  const rows = documented(/^driver\./);
  expect(rows.map(([name]) => name)).toEqual(fields.map((field) => `driver.${field}`));
  for (const [name = "", ...cells] of rows) {
    const field = name.replace("driver.", "") as keyof ReturnType<typeof linuxProfile>["driver"];
    expect(cells, name).toEqual(
      PROFILE_NAMES.map((profile) => inWords(linuxProfile(profile).driver[field])),
    );
  }
});
