import { once } from "node:events";
import { rmSync, statSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Readable, Writable } from "node:stream";

import type { DevicePort } from "../conformance/device-port.js";
import { encodeFrame, FrameReader, serveFrame } from "../conformance/frames.js";
import { UsageError } from "./usage-error.js";
import { EXIT_INTERRUPTED } from "./exit-status.js";
import { SIGNALS } from "./until-signal.js";

/** Answers frames (conformance/frames.ts) until the other end closes; one client at a time. */
export async function serveDevice(port: DevicePort, where: string): Promise<void> {
  if (where === "stdio") {
    await answerFrames(port, process.stdin, process.stdout);
    return;
  }
  await removeStale(where);
  const server = createServer();
  const remove = (): void => {
    // closing a server removes its socket, but not before this process ends by a signal
    rmSync(where, { force: true });
    process.exit(EXIT_INTERRUPTED);
  };
  try {
    await listen(server, where);
    for (const signal of SIGNALS) process.once(signal, remove);
    const [socket] = (await once(server, "connection")) as [Socket];
    server.close();
    await answerFrames(port, socket, socket);
    socket.end();
  } finally {
    for (const signal of SIGNALS) process.removeListener(signal, remove);
    server.close();
  }
}

async function listen(server: Server, where: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      reject(new UsageError(`--serve must name a socket that can be made, got: ${cause.message}`));
    });
    server.listen(where, resolve);
  });
}

/** A socket that no process listens on any more, since the one that made it was killed. */
async function removeStale(where: string): Promise<void> {
  const info = statSync(where, { throwIfNoEntry: false });
  if (info?.isSocket() !== true) return;
  const isStale = await new Promise<boolean>((resolve) => {
    const probe = connect(where);
    probe.once("connect", () => {
      probe.destroy();
      resolve(false);
    });
    probe.once("error", (error: NodeJS.ErrnoException) => {
      resolve(error.code === "ECONNREFUSED");
    });
  });
  if (isStale) rmSync(where, { force: true });
}

async function answerFrames(port: DevicePort, input: Readable, output: Writable): Promise<void> {
  const reader = new FrameReader();
  for await (const piece of input as AsyncIterable<Uint8Array>) {
    for (const frame of reader.push(piece)) {
      output.write(encodeFrame(await serveFrame(port, frame)));
    }
  }
}
