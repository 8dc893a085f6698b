import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";

import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";

import { buildCommand, inFolder, virtioMem } from "../unit/cli/command.js";
import { CutLine } from "./cut-line.js";
import { start, until, type Running } from "./processes.js";
import { freePort, reasonWithoutRedis, TestRedis } from "./redis.js";
import { SmallDisk } from "./small-disk.js";
import { NR_RUNS, SweepUnderTest } from "./sweep-under-test.js";

/** A busy machine is no failure. */
const LIMIT_MS = 120_000;
vi.setConfig({ testTimeout: LIMIT_MS });

const ROOT = join(import.meta.dirname, "../..");
const leftOut = reasonWithoutRedis();
if (leftOut !== undefined) console.warn(leftOut);

let table = "";
let redis: TestRedis;
const running: Running[] = [];

beforeAll(async () => {
  buildCommand();
  if (leftOut !== undefined) return;
  redis = await TestRedis.start();
  await inFolder(async (folder) => {
    const { status, stdout } = await new SweepUnderTest(folder).start("one", "--threads", "1")
      .ended;
    expect(status).toBe(0);
    table = stdout;
  });
}, LIMIT_MS);

afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill("SIGKILL");
    await ended;
  }
  if (leftOut !== undefined) return;
  // answers stay for an hour
  await redis.kill();
  await redis.start();
});

afterAll(async () => {
  if (leftOut === undefined) await redis.kill();
});

function started(process: Running): Running {
  running.push(process);
  return process;
}

function worker(url: string, ...more: readonly string[]): Running {
  const args = ["worker", "--queue", url, "--concurrency", "1", "--lock", "1s", ...more];
  return started(start(args));
}

async function expectWhole(sweep: Running): Promise<void> {
  const { status, stdout } = await sweep.ended;
  expect(sweep.said()).not.toContain("bug");
  expect(stdout).toBe(table);
  expect(status).toBe(0);
}

describe.skipIf(leftOut !== undefined)("a sweep at a queue", () => {
  test("gives the table of one thread where a worker is killed in the middle", () =>
    inFolder(async (folder) => {
      const of = new SweepUnderTest(folder);
      const first = worker(redis.url);
      const sweep = started(of.start("r", "--queue", redis.url));
      await of.reaches("r", 3);
      first.child.kill("SIGKILL");
      worker(redis.url);
      await expectWhole(sweep);
      expect(of.nrResults("r")).toBe(NR_RUNS);
    }));

  test("goes on where Redis crashes and has lost all that it had", () =>
    inFolder(async (folder) => {
      const of = new SweepUnderTest(folder);
      worker(redis.url);
      const sweep = started(of.start("r", "--queue", redis.url));
      await of.reaches("r", 3);
      await redis.kill();
      await until(() => sweep.said().includes("the queue does not answer"), "a word");
      await redis.start();
      await expectWhole(sweep);
      expect(sweep.said()).toContain("the queue answers again");
    }));

  test("goes on where the line is cut for a while", () =>
    inFolder(async (folder) => {
      const [near, far] = [await CutLine.to(redis.port), await CutLine.to(redis.port)];
      const of = new SweepUnderTest(folder);
      worker(far.url);
      const sweep = started(of.start("r", "--queue", near.url));
      await of.reaches("r", 3);
      await Promise.all([near.cut(), far.cut()]);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      await Promise.all([near.join(), far.join()]);
      await expectWhole(sweep);
      await Promise.all([near.cut(), far.cut()]);
    }));

  test("gives both of two coordinators on one folder the whole table", () =>
    inFolder(async (folder) => {
      const of = new SweepUnderTest(folder);
      worker(redis.url);
      const both = [1, 2].map(() => started(of.start("r", "--queue", redis.url)));
      for (const sweep of both) await expectWhole(sweep);
      expect(of.nrResults("r")).toBe(NR_RUNS);
    }));

  test("names a run that ends its process, and makes the others", () =>
    inFolder(async (folder) => {
      const poison = join(folder, "poison.mjs");
      writeFileSync(
        poison,
        `const { emit } = process;
        process.emit = function (name, message, ...others) {
          if (name === "message" && JSON.stringify(message).includes('\\\\"seed\\\\":4')) {
            process.kill(process.pid, "SIGKILL");
          }
          return emit.call(this, name, message, ...others);
        };`,
      );
      const of = new SweepUnderTest(folder);
      const env = { NODE_OPTIONS: `--import=${poison}` };
      started(start(["worker", "--queue", redis.url, "--concurrency", "2"], { env }));
      const sweep = started(of.start("r", "--queue", redis.url, "--format", "text"));
      const { status, stdout } = await sweep.ended;
      expect(status).toBe(1);
      expect(stdout).toContain("its worker's process ended 3 times");
      expect(stdout.match(/seed 4/g)).toHaveLength(2);
      expect(of.nrResults("r")).toBe(NR_RUNS - 2);
    }));

  test("ends where the disk of the results is full, and goes on from there", ({ skip }) =>
    inFolder(async (folder) => {
      const disk = SmallDisk.mount(join(folder, "r"));
      if (disk === undefined) {
        console.warn("a full disk is not tried: only root can mount a small one");
        skip();
        return;
      }
      try {
        const of = new SweepUnderTest(folder);
        worker(redis.url);
        const full = await started(of.start("r", "--queue", redis.url)).ended;
        expect(full.stderr).toContain(
          "--results must name a folder that can be written, got ENOSPC",
        );
        expect(full.status).toBe(2);
        disk.grow();
        await expectWhole(started(of.start("r", "--queue", redis.url)));
      } finally {
        disk.unmount();
      }
    }));

  test("is refused by a worker of another version, and waits for one of its own", () =>
    inFolder(async (folder) => {
      const dist = otherBuild(folder);
      const of = new SweepUnderTest(folder);
      const early = started(
        start(["worker", "--queue", redis.url, "--concurrency", "1"], { dist }),
      );
      await until(() => early.said().includes("works for sweeps"), "a worker");
      const sweep = started(of.start("r", "--queue", redis.url));
      await until(() => early.said().includes("nothing is taken"), "a refusal");
      await until(() => sweep.said().includes("those that are there are of"), "a word");
      const late = await start(["worker", "--queue", redis.url], { dist }).ended;
      expect(late.stderr).toContain("a worker must be of the sweep's version");
      expect(late.status).toBe(2);
      worker(redis.url);
      await expectWhole(sweep);
    }));

  test("a worker ends when there was nothing to do for long", async () => {
    const { status } = await worker(redis.url, "--idle", "1s").ended;
    expect(status).toBe(0);
  });

  test("a worker that is stopped gives back what it has not made", () =>
    inFolder(async (folder) => {
      const of = new SweepUnderTest(folder);
      const first = worker(redis.url);
      const sweep = started(of.start("r", "--queue", redis.url));
      await of.reaches("r", 3);
      first.child.kill("SIGTERM");
      expect((await first.ended).status).toBe(130);
      worker(redis.url);
      await expectWhole(sweep);
    }));
});

/** The same command with a line of code more. */
function otherBuild(folder: string): string {
  const root = join(folder, "other");
  mkdirSync(root);
  cpSync(join(ROOT, "dist"), join(root, "dist"), { recursive: true });
  cpSync(join(ROOT, "package.json"), join(root, "package.json"));
  symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
  const shared = join(root, "dist/shared");
  const [name = ""] = readdirSync(shared).filter((file) => file.endsWith(".js"));
  appendFileSync(join(shared, name), "// another build\n");
  return join(root, "dist");
}

describe("--queue", () => {
  const refused = (url: string, ...more: readonly string[]) =>
    inFolder((folder) => {
      const file = join(folder, "s.yaml");
      writeFileSync(file, "duration: 1s\ndevice: {regionSize: 1GiB}\n");
      const args = ["sweep", file, "--results", join(folder, "r"), "--queue", url, ...more];
      const { status, stdout, stderr } = virtioMem(args);
      expect([status, stdout, readdirSync(folder)]).toEqual([2, "", ["s.yaml"]]);
      return stderr;
    });

  test("must be a URL of Redis, and its password is not printed", async () => {
    expect(await refused("http://user:secret@host/")).toMatch(/--queue must be a URL.*got http:/);
    expect(await refused("localhost")).toContain("--queue must be a URL such as redis://");
  });

  test("must answer", async () => {
    const url = `redis://:secret@127.0.0.1:${await freePort()}`;
    const words = await refused(url);
    expect(words).toMatch(/--queue must name a Redis or Valkey that answers.*ECONNREFUSED/);
    expect(words).not.toContain("secret");
  });

  test("must not answer rubbish", async () => {
    const server = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const { ended } = start(["worker", "--queue", `redis://127.0.0.1:${port}`]);
    const { status, stderr } = await ended;
    server.close();
    expect(stderr).toMatch(/--queue must name a Redis or Valkey that answers/);
    expect(status).toBe(2);
  });

  test.skipIf(leftOut !== undefined)("must drop nothing", async () => {
    const dropping = await TestRedis.start("allkeys-lru");
    expect(await refused(dropping.url)).toMatch(/drops nothing.*noeviction.*got allkeys-lru/);
    await dropping.kill();
  });

  test("leaves the number of threads to its workers", async () => {
    expect(await refused("redis://127.0.0.1:1", "--threads", "2")).toContain("--threads must be");
  });

  test("needs its packages", () =>
    inFolder((folder) => {
      const root = join(folder, "bare");
      mkdirSync(join(root, "node_modules"), { recursive: true });
      cpSync(join(ROOT, "dist"), join(root, "dist"), { recursive: true });
      cpSync(join(ROOT, "package.json"), join(root, "package.json"));
      for (const name of ["commander", "fzstd", "jiti", "modern-tar", "snappyjs"]) {
        symlinkSync(join(ROOT, "node_modules", name), join(root, "node_modules", name));
      }
      return start(["worker", "--queue", "redis://127.0.0.1:1"], {
        dist: join(root, "dist"),
      }).ended.then(({ status, stderr }) => {
        expect(stderr).toContain("npm install bullmq ioredis");
        expect(status).toBe(2);
      });
    }));
});
