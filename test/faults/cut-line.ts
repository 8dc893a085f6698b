import { connect, createServer, type Server, type Socket } from "node:net";

import { freePort } from "./redis.js";

/** A line to a server of this machine that can be cut: then nothing flows or gets through. */
export class CutLine {
  readonly url: string;
  readonly #port: number;
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  private constructor(port: number, target: number) {
    this.#port = port;
    this.#target = target;
    this.url = `redis://127.0.0.1:${port}`;
  }

  static async to(target: number): Promise<CutLine> {
    const line = new CutLine(await freePort(), target);
    await line.join();
    return line;
  }

  async join(): Promise<void> {
    const server = (this.#server = createServer((near) => {
      const far = connect(this.#target, "127.0.0.1");
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.pipe(to);
        from.on("error", () => to.destroy()).on("close", () => this.#sockets.delete(from));
      }
    }));
    await new Promise<void>((resolve) => server.listen(this.#port, "127.0.0.1", resolve));
  }

  async cut(): Promise<void> {
    const ended = new Promise((resolve) => this.#server?.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await ended;
  }
}
