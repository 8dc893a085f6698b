import { expect, test } from "vitest";
import { wrap } from "../../../src/report/wrap.js";

test("lines break between words, and later ones line up under the first", () => {
  expect(wrap("free memory in the guest first", 20, "  2 MiB  ")).toEqual([
    "  2 MiB  free memory",
    "         in the",
    "         guest first",
  ]);
});

test("a word that is longer than a line is cut", () => {
  expect(wrap("abcdefghij kl", 6, "- ")).toEqual(["- abcd", "  efgh", "  ij", "  kl"]);
});

test("no text gives one line with the start only", () => {
  expect(wrap("", 10, "> ")).toEqual(["> "]);
});
