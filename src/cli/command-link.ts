import { isMainThread, parentPort, workerData } from "node:worker_threads";

/** What the main thread gives the thread that does a command's work. */
export interface CommandData {
  /** See WatchBoard. */
  readonly board: SharedArrayBuffer;
  /** See {@link StopFlag}. */
  readonly stop: SharedArrayBuffer;
  readonly terminal: TerminalInfo;
}

/** What a worker cannot see of the terminal. */
export interface TerminalInfo {
  /** Undefined where standard output is none. */
  readonly columns: number | undefined;
  readonly rows: number | undefined;
  readonly hasColors: boolean;
  readonly errorIsTty: boolean;
}

/** What a command would print now, if it had to end. */
export interface SoFar {
  readonly text: string;
  /** How much that is of the whole, for standard error: `3 of 10 captures`. */
  readonly words: string;
}

/** What the worker sends, in order. */
export type CommandMessage =
  | { readonly type: "print"; readonly text: string }
  | ({ readonly type: "so-far" } & SoFar)
  | { readonly type: "fail"; readonly words: string; readonly exitCode: number }
  | { readonly type: "done"; readonly exitCode: number };

/** Of this thread, where it is one that does a command's work. */
export const commandData: CommandData | undefined = isMainThread
  ? undefined
  : (workerData as CommandData);

export function tell(message: CommandMessage): void {
  parentPort?.postMessage(message);
}

/** Leaves with the main thread what is to be printed if a signal ends the command from now on. */
export function leave(soFar: SoFar): void {
  if (commandData !== undefined) tell({ type: "so-far", ...soFar });
}

const ASKED = 0;
const ANSWERING = 1;

/**
 * Shared by two threads: one asks the other to stop, which says that it has heard and answers with
 * what it has.
 */
export class StopFlag {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(buffer = new SharedArrayBuffer(8)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
  }

  ask(): void {
    Atomics.store(this.#words, ASKED, 1);
  }

  get isAsked(): boolean {
    return Atomics.load(this.#words, ASKED) !== 0;
  }

  answer(): void {
    Atomics.store(this.#words, ANSWERING, 1);
  }

  get isAnswered(): boolean {
    return Atomics.load(this.#words, ANSWERING) !== 0;
  }
}

/** Asks this command to stop; undefined where signals simply end it. */
export const stopFlag: StopFlag | undefined =
  commandData === undefined ? undefined : new StopFlag(commandData.stop);

/** Thrown by a command that must not run in the main thread: it starts again in one of its own. */
export class NeedsWorker extends Error {}

/**
 * Work that takes long, or that other people's code does, leaves the main thread free to hear
 * signals.
 */
export function assertInWorker(): void {
  if (isMainThread) throw new NeedsWorker();
}
