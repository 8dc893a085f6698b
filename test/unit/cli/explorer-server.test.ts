import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { ExplorerServer } from "../../../src/cli/explorer-server.js";

const folder = mkdtempSync(join(tmpdir(), "virtio-mem-explorer-"));
const page = join(folder, "page");
const POLICY = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; connect-src 'none'">`;
let server: ExplorerServer;
let origin: URL;

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** Unlike fetch(), sends a path as it is. */
function ask(path: string, options: { method?: string; host?: string } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: origin.hostname,
        port: origin.port,
        path,
        method: options.method ?? "GET",
        headers: { host: options.host ?? origin.host },
      },
      (response) => {
        let body = "";
        response.on("data", (piece) => (body += String(piece)));
        response.on("end", () => {
          resolve({ status: response.statusCode, headers: response.headers, body });
        });
      },
    );
    asked.once("error", reject);
    asked.end();
  });
}

beforeAll(async () => {
  mkdirSync(join(page, "assets"), { recursive: true });
  writeFileSync(
    join(page, "index.html"),
    `<head>${POLICY}</head><body><div id="app"></div></body>`,
  );
  writeFileSync(join(page, "assets/main.js"), "export {};");
  writeFileSync(join(folder, "secret"), "secret");
  writeFileSync(join(folder, "a.yaml"), "duration: 1s");
  server = new ExplorerServer(page, [
    { name: "</script>", members: [{ path: "a.yaml", file: join(folder, "a.yaml") }] },
    { name: "gone", members: [{ path: "gone", file: join(folder, "gone") }] },
  ]);
  origin = new URL(await server.listen());
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

test("the page names the files to open, and may load them from here alone", async () => {
  const { status, headers, body } = await ask("/");
  expect(status).toBe(200);
  expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "x-frame-options": "DENY" });
  expect(body).toContain("connect-src 'self'");
  const json = /id="served">(.*?)<\/script>/.exec(body)?.[1] ?? "";
  expect(JSON.parse(json)).toEqual([
    { name: "</script>", files: [{ path: "a.yaml", url: "/files/0/0" }] },
    { name: "gone", files: [{ path: "gone", url: "/files/1/0" }] },
  ]);
  expect((await ask("/files/0/0")).body).toBe("duration: 1s");
  expect((await ask("/assets/main.js?v=1")).headers["content-type"]).toContain("text/javascript");
  expect((await ask("/assets/main.js", { method: "HEAD" })).body).toBe("");
});

test("it listens on this machine alone", () => {
  expect(origin.hostname).toBe("127.0.0.1");
});

test.each([
  "/secret",
  "/../secret",
  "/assets/../../secret",
  "/%2e%2e/secret",
  "/..%2fsecret",
  "//etc/passwd",
  "/files/0/1",
  "/files/0/0/../../../secret",
  "/files/1/0",
  "/assets/",
  "/index.html/",
])("%s is not served", async (path) => {
  const { status, body } = await ask(path);
  expect(status).toBe(404);
  expect(body).not.toContain("secret\n");
});

test.each(["example.org", "127.0.0.1", "127.0.0.1:1", "localhost.example.org:80"])(
  "a request for the host %j is refused",
  async (host) => {
    expect((await ask("/", { host })).status).not.toBe(200);
  },
);

test("nothing but GET and HEAD is answered", async () => {
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
    expect((await ask("/", { method })).status).toBe(405);
  }
});
