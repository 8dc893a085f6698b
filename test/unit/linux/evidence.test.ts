import { expect, test } from "vitest";

import { EVIDENCE, type Evidence } from "../../../src/linux/evidence.js";
import { linuxProfile } from "../../../src/linux/profile.js";

const { mm, kpageflags } = linuxProfile("v6.1");
const FIELDS = [
  ...Object.keys(mm).map((field) => `mm.${field}`),
  ...Object.keys(kpageflags).map((field) => `kpageflags.${field}`),
];

test("every behaviour of a version has evidence, and nothing else has", () => {
  expect(Object.keys(EVIDENCE).sort()).toEqual(FIELDS.sort());
});

test.each(Object.entries<Evidence>(EVIDENCE))("evidence of %s is not empty", (_, evidence) => {
  expect(evidence.does.length).toBeGreaterThan(10);
  expect(evidence.since).toMatch(/\d\.\d|only in|seen in/);
  const { shown } = evidence;
  const words = { recordings: "names", source: "where", nothing: "why" }[shown.by];
  const said = Object.entries(shown).find(([key]) => key === words)?.[1];
  expect(said ?? "").toMatch(/\w{3}/);
});
