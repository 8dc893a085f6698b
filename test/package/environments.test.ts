import { readFile } from "node:fs/promises";
import type { Server } from "node:http";
import { join } from "node:path";

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";

import { browserTestsLeftOut, launchChromium, originOf, serve } from "./browser.js";
import { runNode } from "./run.js";

const consumer = inject("consumer");

function resultOf(program: string): unknown {
  return JSON.parse(runNode([program], consumer));
}

interface Stage {
  readonly stage: string;
  readonly pluggedSize: number;
  readonly broken: string | null;
}
interface Result {
  readonly guests: readonly { readonly autoOnline: string; readonly stages: readonly Stage[] }[];
  readonly separate: boolean;
}

const inNode = resultOf("import.mjs") as { result: Result; names: unknown };

describe("in Node, the installed package", () => {
  test("loads with import; guests grow, and give back what nothing holds", () => {
    const { guests, separate } = inNode.result;
    expect(separate).toBe(true);
    for (const { stages } of guests) {
      expect(stages.map(({ broken }) => broken)).toEqual(stages.map(() => null));
      const sizes = Object.fromEntries(stages.map((stage) => [stage.stage, stage.pluggedSize]));
      expect(sizes).toMatchObject({ booted: 0, plugged: 2 ** 31, used: 2 ** 31 });
    }
    const [kernel, movable] = guests.map(({ stages }) => stages.at(-1)?.pluggedSize ?? 0);
    expect(kernel).toBeGreaterThan(0);
    expect(movable).toBeLessThan(2 ** 31);
  });

  test("loads with require and gives the same result", () => {
    expect(resultOf("require.cjs")).toEqual(inNode);
  });

  test("gives the same result in a worker thread", () => {
    expect(resultOf("worker.mjs")).toEqual({ result: inNode.result });
  });

  test("gives the same result with the core read from virtio-mem-engine/core.wasm", () => {
    expect(resultOf("core-file.mjs")).toEqual({ result: inNode.result });
  });

  test("brings the command virtio-mem", async () => {
    const manifest = join(consumer, "node_modules/virtio-mem-engine/package.json");
    const { version } = JSON.parse(await readFile(manifest, "utf8")) as { version: string };
    expect(runNode(["node_modules/.bin/virtio-mem", "--version"], consumer)).toBe(`${version}\n`);
  });
});

describe.skipIf(browserTestsLeftOut)("in Chromium, a static page without a bundler", () => {
  let server: Server;
  let browser: Browser;

  beforeAll(async () => {
    server = await serve(consumer);
    browser = await launchChromium();
  });

  afterAll(async () => {
    await (browser as Browser | undefined)?.close();
    server.close();
  });

  test("gives Node's result with the core inlined, fetched and in a worker", async () => {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(message.text());
    });

    await page.goto(`${originOf(server)}/page.html`);
    await expect
      .poll(() =>
        page.evaluate("'results' in globalThis || undefined").then((set) => set ?? errors),
      )
      .toBe(true);
    const results = await page.evaluate("globalThis.results");

    expect(errors).toEqual([]);
    expect(results).toEqual({
      inlined: inNode.result,
      fetched: inNode.result,
      worker: inNode.result,
    });
    await page.close();
  });
});
