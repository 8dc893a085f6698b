import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

import { chromium, type Browser } from "playwright-core";
import { inject } from "vitest";

import type { Chromium } from "./chromium.js";

/** Headless, and quiet: without these flags Chromium looks for its maker's hosts at every start. */
const CHROMIUM_FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  // a bare machine may have no /dev/shm
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const found = inject("chromium");

/** Why there is no Chromium to test in (see chromium.ts); undefined where there is one. */
export const browserTestsLeftOut = "leftOut" in found ? found.leftOut : undefined;

export function launchChromium(): Promise<Browser> {
  const { executablePath, env } = found as Chromium;
  return chromium.launch({
    executablePath,
    args: CHROMIUM_FLAGS,
    env: { ...(process.env as Record<string, string>), ...env },
  });
}

const CONTENT_TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

/** Serves the files of `folder` under a policy that allows no more than the package needs. */
export function serve(folder: string): Promise<Server> {
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

/** Where {@link serve} listens. */
export function originOf(server: Server): string {
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}
