import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

import { chromium, type Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";

import { runNode } from "./run.js";

const consumer = inject("consumer");

function resultOf(program: string): unknown {
  return JSON.parse(runNode([program], consumer));
}

const inNode = resultOf("import.mjs") as { result: Record<string, unknown>; node: string[] };

describe("in Node, the installed package", () => {
  test("loads with import and runs the scenario", () => {
    expect(inNode.result).toMatchObject({ separate: true });
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

describe("in Chromium, a static page without a bundler", () => {
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
    const { port } = server.address() as AddressInfo;

    await page.goto(`http://127.0.0.1:${port}/page.html`);
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

/** Headless, and quiet: without these flags Chromium looks for its maker's hosts at every start. */
const CHROMIUM_FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

function launchChromium(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
  if (!existsSync(executablePath)) {
    throw new Error(
      `the browser tests need Chromium at ${executablePath}: install it ` +
        "(on Debian: apt-get install -y chromium) or set CHROMIUM_PATH",
    );
  }
  return chromium.launch({ executablePath, args: CHROMIUM_FLAGS });
}

const CONTENT_TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

/** Serves the files of `folder` under a policy that allows no more than the package needs. */
function serve(folder: string): Promise<Server> {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
    readFile(join(folder, path)).then(
      (content) => {
        response.writeHead(200, {
          "content-type": CONTENT_TYPES[extname(path)] ?? "application/octet-stream",
          "content-security-policy":
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; img-src data:",
        });
        response.end(content);
      },
      () => response.writeHead(404).end(),
    );
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      resolve(server);
    });
  });
}
