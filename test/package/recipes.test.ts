// The recipes of docs/recipes, done with the installed package: the files of a page are written
// into a folder, its commands run there, and its page opened in Chromium.

import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";

import { browserTestsLeftOut, launchChromium, originOf, serve } from "./browser.js";
import { binOf, runNode } from "./run.js";

const root = join(import.meta.dirname, "../..");
const recipes = join(root, "docs/recipes");
const consumer = inject("consumer");
/** A bundler on a busy machine takes its time. */
const TIMEOUT_MS = 240_000;
/** What the commands of a recipe import besides the package, from the development dependencies. */
const TOOLS = ["@rollup/plugin-node-resolve", "rollup", "webpack"];

/** Writes the files of a page; their names stand in their first lines. */
function folderOf(page: string): { folder: string; commands: readonly string[] } {
  const text = readFileSync(join(recipes, `${page}.md`), "utf8");
  const folder = join(consumer, "recipes", page);
  const modules = join(folder, "node_modules");
  mkdirSync(modules, { recursive: true });
  cpSync(join(root, "examples/captures/web-server.tar.gz"), join(folder, "web-server.tar.gz"));
  cpSync(
    join(consumer, "node_modules/virtio-mem-engine"),
    join(folder, "node_modules/virtio-mem-engine"),
    { recursive: true },
  );
  for (const tool of TOOLS) {
    mkdirSync(dirname(join(modules, tool)), { recursive: true });
    symlinkSync(join(root, "node_modules", tool), join(modules, tool));
  }
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  for (const [, code = "", name = ""] of text.matchAll(
    /```(?:js|html)\n((?:\/\/|<!--) (\S+)[^]*?)```/g,
  )) {
    writeFileSync(join(folder, name), code);
  }
  const commands = [...text.matchAll(/```sh\n([^]*?)```/g)].flatMap(([, lines = ""]) =>
    lines.trim().split("\n"),
  );
  return { folder, commands };
}

/** Runs a command of a page: `node FILE` or `npx TOOL ARGUMENT...`. */
function runIn(folder: string, command: string): string {
  const [program, first = "", ...rest] = command.split(" ");
  expect(["node", "npx"]).toContain(program);
  return runNode([program === "npx" ? binOf(first) : first, ...rest], folder);
}

test("each recipe stands in the list, and the list says whether it is run here", () => {
  const list = readFileSync(join(recipes, "README.md"), "utf8");
  const listed = [...list.matchAll(/\]\((\S+)\.md\) \| (\w+)/g)].map(([, page, run]) => [
    page,
    run,
  ]);
  const pages = readdirSync(recipes).filter((name) => name !== "README.md");
  expect(listed.map(([page]) => `${page ?? ""}.md`).sort()).toEqual(pages.sort());
  const run = listed.filter(([, word]) => word === "yes").map(([page]) => page);
  expect(run.sort()).toEqual([...IN_NODE, ...IN_PAGES].map(([page]) => page).sort());
});

const IN_NODE = [
  ["node", "54\n1 GiB\n"],
  ["worker-threads", "1024\n512\n"],
] as const;

test.each(IN_NODE)("%s prints what its comments say", (page, output) => {
  const { folder, commands } = folderOf(page);
  expect(commands.map((command) => runIn(folder, command)).join("")).toBe(output);
});

/** Each with the folder of its page. */
const IN_PAGES = [
  ["csp", "."],
  ["esbuild", "."],
  ["rollup", "."],
  ["vite", "dist"],
  ["webpack", "."],
] as const;

describe("in a page", () => {
  let browser: Browser | undefined;
  beforeAll(async () => {
    if (browserTestsLeftOut === undefined) browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  test.each(IN_PAGES)(
    "%s builds, and the page prints what the comment says",
    async (page, at) => {
      const { folder, commands } = folderOf(page);
      for (const command of commands) runIn(folder, command);
      if (browser === undefined) return;
      const server = await serve(join(folder, at));
      const tab = await browser.newPage();
      try {
        const printed = tab.waitForEvent("console", { timeout: 30_000 });
        await tab.goto(`${originOf(server)}/index.html`);
        expect((await printed).text()).toBe("1 GiB");
      } finally {
        await tab.close();
        server.close();
        server.closeAllConnections();
      }
    },
    TIMEOUT_MS,
  );
});

test("the workerd recipe is a program that a bundler takes", () => {
  const { folder } = folderOf("workerd");
  const text = readFileSync(join(recipes, "workerd.md"), "utf8");
  const bundle = runIn(folder, /^npx esbuild worker\.js .*$/m.exec(text)?.[0] ?? "");
  expect(bundle).toContain('from "../core.wasm"');
});
