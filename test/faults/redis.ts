import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";

const PROGRAM = "redis-server";

/** Why the tests that need a queue are left out; undefined where they run. */
export function reasonWithoutRedis(): string | undefined {
  if (spawnSync(PROGRAM, ["--version"]).status === 0) return undefined;
  const words =
    "queue tests are left out: redis-server is not installed (apt-get install redis-server runs them)";
  if (process.env["VIRTIO_MEM_QUEUE_TESTS"] === "required") throw new Error(words);
  return words;
}

/** A Redis of a test, on a free port of this machine, that keeps all in memory. */
export class TestRedis {
  readonly url: string;
  readonly port: number;
  readonly #policy: string;
  #server: ChildProcess | undefined;

  private constructor(port: number, policy: string) {
    this.port = port;
    this.url = `redis://127.0.0.1:${port}`;
    this.#policy = policy;
  }

  static async start(policy = "noeviction"): Promise<TestRedis> {
    const redis = new TestRedis(await freePort(), policy);
    await redis.start();
    return redis;
  }

  async start(): Promise<void> {
    const args = ["--port", String(this.port), "--bind", "127.0.0.1", "--save", ""];
    const server = spawn(PROGRAM, [...args, "--maxmemory-policy", this.#policy, "--dir", "/tmp"]);
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      let said = "";
      server.stdout.on("data", (piece: Buffer) => {
        said += String(piece);
        if (said.includes("Ready to accept connections")) resolve();
      });
      server.once("exit", () => {
        reject(new Error(`redis-server ended: ${said}`));
      });
    });
  }

  /** As a crash: what it had is gone. */
  async kill(): Promise<void> {
    const server = this.#server;
    if (server === undefined || server.exitCode !== null) return;
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGKILL");
    await ended;
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
