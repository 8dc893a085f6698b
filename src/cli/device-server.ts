import { createServer } from "node:net";
import type { Readable, Writable } from "node:stream";

import type { DevicePort } from "../conformance/device-port.js";
import { encodeFrame, FrameReader, serveFrame } from "../conformance/frames.js";
import { UsageError } from "./usage-error.js";

/** Answers frames (conformance/frames.ts) until the other end closes; one client at a time. */
export async function serveDevice(port: DevicePort, where: string): Promise<void> {
  if (where === "stdio") {
    await answerFrames(port, process.stdin, process.stdout);
    return;
  }
  await new Promise<void>((resolve, reject) => {
    const server = createServer((socket) => {
      server.close();
      answerFrames(port, socket, socket).then(() => {
        socket.end();
        resolve();
      }, reject);
    });
    server.on("error", (cause) => {
      reject(new UsageError(`--serve must name a socket that can be made, got: ${cause.message}`));
    });
    server.listen(where);
  });
}

async function answerFrames(port: DevicePort, input: Readable, output: Writable): Promise<void> {
  const reader = new FrameReader();
  for await (const piece of input as AsyncIterable<Uint8Array>) {
    for (const frame of reader.push(piece)) {
      output.write(encodeFrame(await serveFrame(port, frame)));
    }
  }
}
