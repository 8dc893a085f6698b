import { spawn } from "node:child_process";
import { connect } from "node:net";
import type { Readable, Writable } from "node:stream";

import { encodeFrame, FrameReader, type Frame } from "../conformance/frames.js";
import { UsageError } from "./usage-error.js";

/** A device under test at the other end of a stream. */
export interface DeviceConnection {
  exchange(frame: Frame): Promise<Frame>;
  close(): void;
}

/** Starts a command that speaks frames over its standard input and output. */
export function startDevice(command: string): DeviceConnection {
  const child = spawn(command, { shell: true, stdio: ["pipe", "pipe", "inherit"] });
  return overStreams(child.stdout, child.stdin, () => {
    child.stdin.end();
  });
}

/** Connects to a Unix socket on which a device speaks frames. */
export function connectDevice(path: string): DeviceConnection {
  const socket = connect(path);
  return overStreams(socket, socket, () => {
    socket.end();
  });
}

function overStreams(input: Readable, output: Writable, close: () => void): DeviceConnection {
  const reader = new FrameReader();
  const waiting: { resolve: (frame: Frame) => void; reject: (error: Error) => void }[] = [];
  let failure: Error | undefined;
  const fail = (error: Error): void => {
    failure ??= new UsageError(`the device under test must answer, got: ${error.message}`);
    for (const { reject } of waiting.splice(0)) reject(failure);
  };
  input.on("data", (piece: Uint8Array) => {
    try {
      for (const frame of reader.push(piece)) waiting.shift()?.resolve(frame);
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)));
    }
  });
  input.on("end", () => {
    fail(new Error("end of its output"));
  });
  input.on("error", fail);
  if (output !== (input as unknown)) output.on("error", fail);
  return {
    exchange: (frame) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) {
          reject(failure);
          return;
        }
        waiting.push({ resolve, reject });
        output.write(encodeFrame(frame));
      }),
    close,
  };
}
