import { createReadStream, readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, relative, sep } from "node:path";

/** What the command line names, to be opened by the page: a file, or a folder with its files. */
export interface OpenedFile {
  readonly name: string;
  readonly members: readonly { readonly path: string; readonly file: string }[];
}

/** Something that the server has: bytes of the page, or a file on disk. */
type Served =
  | { readonly kind: "bytes"; readonly type: string; readonly bytes: Uint8Array }
  | { readonly kind: "file"; readonly file: string };

const ADDRESS = "127.0.0.1";
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
};
/** The page may load the files that it is to open from here, and nothing from elsewhere. */
const POLICY_AS_BUILT = "connect-src 'none'";
const POLICY_SERVED = "connect-src 'self'";

const HEADERS = {
  "cache-control": "no-store",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/**
 * Serves the explorer and the files that it opens, to this machine alone.
 *
 * All that it has is known before it listens, by its whole path: a request names one of them or
 * gets nothing. A request for another host is refused, so that no page from elsewhere can reach it
 * by a name of its own that leads here.
 */
export class ExplorerServer {
  readonly #served: ReadonlyMap<string, Served>;
  readonly #server = createServer((request, response) => {
    this.#answer(request, response);
  });

  /** @param folder - of the built page. */
  constructor(folder: string, opened: readonly OpenedFile[]) {
    this.#served = new Map([...pageOf(folder, opened), ...filesOf(opened)]);
  }

  /** Listens on a free port. Returns the address of the page. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(0, ADDRESS, resolve);
    });
    return `http://${this.#hosts()[0] ?? ""}/`;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    this.#server.closeAllConnections();
    await closed;
  }

  #hosts(): string[] {
    const { port } = this.#server.address() as AddressInfo;
    return [`${ADDRESS}:${port}`, `localhost:${port}`];
  }

  #answer({ method, url = "/", headers }: IncomingMessage, response: ServerResponse): void {
    if (!this.#hosts().includes(headers.host ?? "")) {
      refuse(response, 421, "another host is served elsewhere");
      return;
    }
    if (method !== "GET" && method !== "HEAD") {
      refuse(response, 405, "only GET and HEAD are answered");
      return;
    }
    const [path = "/"] = url.split(/[?#]/, 1);
    const served = this.#served.get(path);
    if (served === undefined) refuse(response, 404, "there is no such file");
    else send(response, served, method === "HEAD");
  }
}

function refuse(response: ServerResponse, status: number, words: string): void {
  response.writeHead(status, { ...HEADERS, "content-type": "text/plain" });
  response.end(`${words}\n`);
}

function send(response: ServerResponse, served: Served, isHead: boolean): void {
  if (served.kind === "bytes") {
    const { type, bytes } = served;
    response.writeHead(200, { ...HEADERS, "content-type": type, "content-length": bytes.length });
    response.end(isHead ? undefined : bytes);
    return;
  }
  const stream = createReadStream(served.file);
  stream.once("open", () => {
    response.writeHead(200, { ...HEADERS, "content-type": "application/octet-stream" });
    if (isHead) {
      stream.destroy();
      response.end();
    } else stream.pipe(response);
  });
  stream.once("error", () => {
    // it was there when the command began
    if (response.headersSent) response.destroy();
    else refuse(response, 404, "the file cannot be read any more");
  });
}

function* pageOf(
  folder: string,
  opened: readonly OpenedFile[],
): Generator<readonly [string, Served]> {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const path = `/${relative(folder, file).split(sep).join("/")}`;
    const type = TYPES[extname(file)] ?? "application/octet-stream";
    const bytes = readFileSync(file);
    if (path !== "/index.html") {
      yield [path, { kind: "bytes", type, bytes }];
      continue;
    }
    const page = Buffer.from(withFiles(bytes.toString("utf8"), opened));
    yield ["/", { kind: "bytes", type, bytes: page }];
  }
}

function withFiles(html: string, opened: readonly OpenedFile[]): string {
  const named = opened.map(({ name, members }, index) => ({
    name,
    files: members.map(({ path }, member) => ({ path, url: urlOf(index, member) })),
  }));
  // no name of a file may end the element
  const json = JSON.stringify(named).replaceAll("<", "\\u003c");
  const data = `<script type="application/json" id="served">${json}</script>`;
  return html
    .replace(POLICY_AS_BUILT, () => POLICY_SERVED)
    .replace('<div id="app">', () => `${data}\n    <div id="app">`);
}

function* filesOf(opened: readonly OpenedFile[]): Generator<readonly [string, Served]> {
  for (const [index, { members }] of opened.entries()) {
    for (const [member, { file }] of members.entries()) {
      yield [urlOf(index, member), { kind: "file", file }];
    }
  }
}

function urlOf(index: number, member: number): string {
  return `/files/${index}/${member}`;
}
