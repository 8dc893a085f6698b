import { expect, test } from "vitest";

import { htmlPage } from "../../../src/report/html-page.js";
import { svgSheet } from "../../../src/report/svg-sheet.js";

const HOSTILE = `</script><script>alert(1)</script><img src=x onerror=alert(2)>&"'\u001b[31m`;

function page(words: string): string {
  return htmlPage({
    title: words,
    pictures: [svgSheet(300, 100, { title: words, words }, [])],
    words,
    json: { device: words },
  });
}

test("a page has no scripts but data, loads nothing, and says so to the browser", () => {
  const html = page("58 MiB stay plugged.");
  expect(html).toContain(
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
  );
  expect(html.match(/<script[^>]*>/g)).toEqual(['<script type="application/json" id="result">']);
  expect(html).not.toMatch(/\b(?:src|href)=|url\(|@import/);
});

test("a guest's words do nothing to it", () => {
  const html = page(HOSTILE);
  expect(html.match(/<script/g)).toHaveLength(1);
  expect(html.match(/<\/script>/g)).toHaveLength(1);
  expect(html).not.toContain("<img");
  expect(html).not.toContain("\u001b");
  const [, json = ""] = /id="result">(.*)<\/script>/.exec(html) ?? [];
  expect(JSON.parse(json)).toEqual({ device: HOSTILE });
});

test("pictures turn dark where the reader wants that", () => {
  expect(page("x")).toMatch(
    /@media \(prefers-color-scheme: dark\) { \.vm-sheet { filter: .*<\/style>/,
  );
});
