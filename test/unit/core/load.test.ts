import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import { loadCore, loadCoreSync, type CoreSource } from "../../../src/core/load.js";
import { coreModule, coreName } from "../../core-under-test.js";

const bytes = readFileSync(new URL(`../../../build/${coreName}.wasm`, import.meta.url));
/** A module that exports nothing. */
const emptyWasm = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

let server: Server;
let base: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === "/core.wasm") response.end(bytes);
    else if (request.url === "/page.html") response.end("<!doctype html>");
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => server.close());

describe("loadCore", () => {
  test.each<{ name: string; source: () => CoreSource | undefined }>([
    { name: "the inlined core", source: () => undefined },
    { name: "a URL", source: () => new URL("/core.wasm", base) },
    { name: "a URL in a string", source: () => `${base}/core.wasm` },
    { name: "a view of bytes", source: () => bytes },
    { name: "a buffer", source: () => Uint8Array.from(bytes).buffer },
    { name: "a module", source: () => coreModule() },
  ])("takes $name, and each core has a memory of its own", async ({ source }) => {
    const [first, second] = await Promise.all([loadCore(source()), loadCore(source())]);
    expect(first.memory).toBeInstanceOf(WebAssembly.Memory);
    expect(first.memory).not.toBe(second.memory);
  });

  test.each([
    {
      source: "/missing.wasm",
      message: "source must be a URL that can be fetched, got status 404 from BASE/missing.wasm",
    },
    {
      source: "file:///core.wasm",
      message: "source must be a URL that can be fetched, got file:///core.wasm",
    },
    {
      source: 7,
      message: "source must be a URL, wasm bytes or a WebAssembly.Module, got number",
    },
    {
      source: null,
      message: "source must be a URL, wasm bytes or a WebAssembly.Module, got null",
    },
  ])("rejects $source", async ({ source, message }) => {
    const given = typeof source === "string" ? new URL(source, base) : source;
    await expect(loadCore(given as CoreSource)).rejects.toThrow(
      new TypeError(message.replace("BASE", base)),
    );
  });

  test("says how many bytes did not compile, and what the engine has against them", async () => {
    await expect(loadCore(`${base}/page.html`)).rejects.toThrow(
      /^source must be a wasm file, got 15 bytes that do not compile: .*expected magic word/,
    );
  });
});

describe("loadCoreSync", () => {
  test.each([
    { name: "the inlined core", source: () => undefined },
    { name: "bytes", source: () => bytes },
    { name: "a module", source: () => coreModule() },
  ])("takes $name, and each core has a memory of its own", ({ source }) => {
    const first = loadCoreSync(source());
    const second = loadCoreSync(source());
    expect(first.memory).toBeInstanceOf(WebAssembly.Memory);
    expect(first.memory).not.toBe(second.memory);
  });

  test("rejects a URL, which it would have to wait for", () => {
    const source = new URL("https://example.com/core.wasm") as unknown as WebAssembly.Module;
    expect(() => loadCoreSync(source)).toThrow(
      new TypeError(
        "source must be wasm bytes or a WebAssembly.Module where nothing can be awaited, got the URL https://example.com/core.wasm",
      ),
    );
  });

  test("rejects bytes that do not compile and modules that are no core", () => {
    expect(() => loadCoreSync(emptyWasm.subarray(0, 4))).toThrow(
      /^source must be a wasm file, got 4 bytes that do not compile: /,
    );
    expect(() => loadCoreSync(emptyWasm)).toThrow(
      /^source must be the core of this version of the package, got a module without export \w+$/,
    );
  });
});

test("the inlined core is decoded without Buffer, too, as in a page", async () => {
  vi.resetModules();
  const fresh = await import("../../../src/core/load.js");
  vi.stubGlobal("Buffer", undefined);
  try {
    expect(fresh.loadCoreSync().memory).toBeInstanceOf(WebAssembly.Memory);
  } finally {
    vi.unstubAllGlobals();
  }
});
