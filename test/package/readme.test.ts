// Every JavaScript example of the README, run on the installed package.

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, inject, test } from "vitest";

import { browserTestsLeftOut, launchChromium, originOf, serve } from "./browser.js";
import { runNode } from "./run.js";

const root = join(import.meta.dirname, "../..");
const consumer = inject("consumer");
const archive = join(root, "examples/captures/web-server.tar.gz");
const readme = readFileSync(join(root, "README.md"), "utf8");
const [ofCapture = "", ofGuest = "", ofSlices = "", ofPage = "", ...others] = [
  ...readme.matchAll(/```js\n([^]*?)```/g),
].map(([, code = ""]) => code);

describe("the README", () => {
  test("has an example of a capture, two of a guest, one of a page, all of them run here", () => {
    expect(ofCapture).toContain("virtio-mem-engine/node");
    expect(ofGuest).toContain("Guest.create");
    expect(ofSlices).toContain("requestSizeInSlices");
    expect(ofPage).toContain("page.js");
    expect(others).toEqual([]);
  });

  test("predicts from a capture", () => {
    cpSync(archive, join(consumer, "web-server.tar.gz"));
    expect(run("readme-capture.mjs", ofCapture)).toMatch(
      /^3 GiB -> \d+ MiB\n90 % interval: \d+ MiB to \d+ MiB\nlowest blocking page at .+: \S+, pfn \d+\n$/,
    );
  });

  test("makes a guest whose one kernel page keeps a subblock", () => {
    const [first, ...attempts] = run("readme-guest.mjs", ofGuest).trimEnd().split("\n");
    const pfn = Number(/^page (\d+) keeps /.exec(first ?? "")?.[1]);
    expect(pfn).toBeGreaterThan(2 ** 20);
    const subblock = pfn - (pfn % 512);
    expect(attempts).toContain(`512 pages from ${subblock}: isolate, slab`);
  });

  test("shrinks a guest in slices, and says how far it is", () => {
    const lines = run("readme-slices.mjs", ofSlices).trimEnd().split("\n");
    const shares = lines.filter((line) => /^\d+ %$/.test(line));
    expect(shares.at(-1)).toBe("100 %");
    expect(lines.length).toBeGreaterThan(shares.length);
  });

  test.skipIf(browserTestsLeftOut)(
    "predicts in a page from chosen files, as the command does",
    async () => {
      const folder = join(consumer, "unpacked");
      mkdirSync(folder, { recursive: true });
      execFileSync("tar", ["-xzf", archive, "-C", folder, "--strip-components=1"]);
      writeFileSync(join(consumer, "readme-page.js"), ofPage);
      writeFileSync(
        join(consumer, "readme-page.html"),
        '<!doctype html><link rel="icon" href="data:," /><input type="file" multiple /><pre></pre>' +
          '<script type="module" src="readme-page.js"></script>',
      );
      const server = await serve(consumer);
      const browser = await launchChromium();
      try {
        const page = await browser.newPage();
        await page.goto(`${originOf(server)}/readme-page.html`);
        const paths = readdirSync(folder).map((name) => join(folder, name));
        await page.setInputFiles("input", paths);
        const words = (): Promise<string | null> => page.textContent("pre");
        await expect.poll(words, { timeout: 30_000 }).not.toBe("");
        const command = ["node_modules/.bin/virtio-mem", "predict", archive];
        expect(await words()).toBe(runNode(command, consumer));
      } finally {
        await browser.close();
        server.close();
      }
    },
  );

  test("names only files that are there", () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path = ""]) => path);
    expect(links.length).toBeGreaterThan(4);
    const missing = links.filter((path) => !isThere(join(root, path)));
    expect(missing).toEqual([]);
    const packed = links.filter(
      (path) => !isThere(join(consumer, "node_modules/virtio-mem-engine", path)),
    );
    expect(packed, "in the package").toEqual([]);
  });
});

test("the examples that the README names are in the package", () => {
  const named = new Set([...readme.matchAll(/\bexamples\/[\w./-]+\w/g)].map(([path]) => path));
  expect(named.size).toBeGreaterThan(1);
  const installed = join(consumer, "node_modules/virtio-mem-engine");
  expect([...named].filter((path) => !existsSync(join(installed, path)))).toEqual([]);
});

function run(file: string, code: string): string {
  writeFileSync(join(consumer, file), code);
  return runNode([file], consumer);
}

function isThere(path: string): boolean {
  try {
    return readFileSync(path).length > 0;
  } catch {
    return false;
  }
}
