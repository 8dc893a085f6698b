import { spawn } from "node:child_process";
import { connect } from "node:net";
import type { Readable, Writable } from "node:stream";

import { DeviceFailure } from "../conformance/device-failure.js";
import { encodeFrame, FrameReader, type Frame } from "../conformance/frames.js";

/** A device under test at the other end of a stream. */
interface DeviceConnection {
  exchange(frame: Frame): Promise<Frame>;
  close(): void;
}

/** The first answer of a device may take so many times longer than others. */
const START_FACTOR = 4;

/**
 * A device under test that can be started again: one that gave no answer within its time, ended or
 * sent something else is closed, and {@link restart} makes the next one.
 */
export class DeviceSession {
  readonly #open: () => DeviceConnection;
  readonly #timeoutMs: number;
  #connection: DeviceConnection;
  #isNew = true;

  /** @param open - starts a device, or connects to one. @param timeoutMs - for each answer. */
  constructor(open: () => DeviceConnection, timeoutMs: number) {
    this.#open = open;
    this.#timeoutMs = timeoutMs;
    this.#connection = open();
  }

  readonly exchange = async (frame: Frame): Promise<Frame> => {
    // a command has to start before it can answer
    const timeoutMs = this.#timeoutMs * (this.#isNew ? START_FACTOR : 1);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new DeviceFailure(`no answer within ${timeoutMs / 1000} s`));
      }, timeoutMs);
    });
    try {
      const answer = await Promise.race([this.#connection.exchange(frame), late]);
      this.#isNew = false;
      return answer;
    } finally {
      clearTimeout(timer);
    }
  };

  readonly restart = (): Promise<void> => {
    this.#connection.close();
    this.#connection = this.#open();
    this.#isNew = true;
    return Promise.resolve();
  };

  close(): void {
    this.#connection.close();
  }
}

/**
 * Starts a command that speaks frames over its standard input and output; it gets a process group
 * of its own.
 */
export function startDevice(command: string): DeviceConnection {
  const child = spawn(command, { shell: true, stdio: ["pipe", "pipe", "inherit"], detached: true });
  const end = (): void => {
    child.stdin.destroy();
    try {
      // the shell and what it has started
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
    } catch {
      // it has ended by itself
    }
  };
  const connection = overStreams(child.stdout, child.stdin, end);
  child.on("error", (error) => {
    connection.fail(new DeviceFailure(`a command that does not start: ${error.message}`));
  });
  child.on("exit", (code, signal) => {
    const how = signal === null ? `exit status ${code ?? 0}` : `signal ${signal}`;
    // what it has written may still be on its way
    setTimeout(() => {
      connection.fail(new DeviceFailure(`its end, by ${how}`));
    }, 50).unref();
  });
  return connection;
}

/** Connects to a Unix socket on which a device speaks frames. */
export function connectDevice(path: string): DeviceConnection {
  const socket = connect(path);
  return overStreams(socket, socket, () => {
    socket.destroy();
  });
}

function overStreams(
  input: Readable,
  output: Writable,
  close: () => void,
): DeviceConnection & { readonly fail: (error: DeviceFailure) => void } {
  const reader = new FrameReader();
  const waiting: { resolve: (frame: Frame) => void; reject: (error: Error) => void }[] = [];
  let failure: DeviceFailure | undefined;
  const fail = (error: DeviceFailure): void => {
    failure ??= error;
    for (const { reject } of waiting.splice(0)) reject(failure);
  };
  const failWith = (error: Error): void => {
    fail(new DeviceFailure(error.message));
  };
  input.on("data", (piece: Uint8Array) => {
    try {
      for (const frame of reader.push(piece)) {
        const first = waiting.shift();
        if (first === undefined) fail(new DeviceFailure("bytes that nobody has asked for"));
        else first.resolve(frame);
      }
    } catch (error) {
      failWith(error instanceof Error ? error : new Error(String(error)));
    }
  });
  input.on("end", () => {
    // the exit status, where there is one, says more and comes next
    setTimeout(() => {
      fail(new DeviceFailure("the end of its output"));
    }, 100).unref();
  });
  input.on("error", failWith);
  // a device that has ended takes nothing either: how it ended is the better word
  if (output !== (input as unknown)) output.on("error", () => undefined);
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
    fail,
  };
}
