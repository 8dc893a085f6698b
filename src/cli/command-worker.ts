import { Worker } from "node:worker_threads";

import { visibleText } from "../input-error.js";
import { assertRoomForThreads } from "./address-space.js";
import { StopFlag, type CommandData, type CommandMessage, type SoFar } from "./command-link.js";
import { terminalInfo } from "./terminal.js";
import { WatchBoard } from "./watch-board.js";
import { EXIT_BAD_INPUT, EXIT_INTERRUPTED } from "./exit-status.js";

/** Real time that a policy may take for one answer. */
const LIMIT_MS = 5000;
const LOOK_EVERY_MS = 100;
/** Memory that a policy may take while it answers once. */
const LIMIT_BYTES = 2 ** 30;
/** Of its thread, for all that it keeps. */
const HEAP_MIB = 3072;
/** From a signal on until the thread is ended: while it works, and while it writes what it has. */
const STOP_MS = 800;
const ANSWER_MS = 5000;

interface WorkerEnd {
  readonly exitCode: number;
  /** For standard error; undefined where the command has said all itself. */
  readonly words?: string;
}

/**
 * Runs the command line again in a thread of its own. This thread stays free: it hears signals, has
 * the command stop with what it has, and ends it where it does not; and it ends code of a policy
 * that takes too long or too much.
 *
 * @param main - the file of the command.
 * @param print - writes to standard output.
 * @throws UsageError where there is no room for a second thread.
 */
export async function runInWorker(main: string, print: (text: string) => void): Promise<WorkerEnd> {
  assertRoomForThreads(1);
  const board = new WatchBoard();
  const stop = new StopFlag();
  const readsStdin = process.argv.includes("-");
  const data: CommandData = { board: board.buffer, stop: stop.buffer, terminal: terminalInfo() };
  const worker = new Worker(main, {
    argv: process.argv.slice(2),
    workerData: data,
    stdin: readsStdin,
    stdout: true,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
  });
  // Answers come as messages: what else is printed is noise of a policy module, and spoils no
  // answer on standard error.
  worker.stdout.pipe(process.stderr, { end: false });
  if (worker.stdin !== null) process.stdin.pipe(worker.stdin);
  const timers = new Set<NodeJS.Timeout>();
  const signals = ["SIGINT", "SIGTERM"] as const;
  let onSignal = (): void => undefined;
  let soFar: SoFar | undefined;
  try {
    return await new Promise<WorkerEnd>((resolve) => {
      onSignal = (): void => {
        if (stop.isAsked) {
          resolve({ exitCode: EXIT_INTERRUPTED });
          return;
        }
        stop.ask();
        timers.add(
          setTimeout(() => {
            if (stop.isAnswered) return;
            print(soFar?.text ?? "");
            const when = soFar === undefined ? "before there was a result" : `after ${soFar.words}`;
            resolve({ exitCode: EXIT_INTERRUPTED, words: `stopped ${when}` });
          }, STOP_MS),
        );
        timers.add(
          setTimeout(() => {
            resolve({ exitCode: EXIT_INTERRUPTED, words: "stopped" });
          }, ANSWER_MS),
        );
      };
      for (const signal of signals) process.on(signal, onSignal);
      timers.add(watchPolicies(board, resolve));
      worker.on("message", (message: CommandMessage) => {
        if (message.type === "print") {
          soFar = undefined;
          print(message.text);
        } else if (message.type === "so-far") soFar = message;
        else if (message.type === "fail") resolve(message);
        else resolve({ exitCode: message.exitCode });
      });
      worker.once("error", (error: unknown) => {
        resolve({ exitCode: EXIT_BAD_INPUT, words: wordsOfError(error, board) });
      });
      worker.once("exit", () => {
        const who = board.current === undefined ? "a policy module" : board.note;
        resolve({
          exitCode: EXIT_BAD_INPUT,
          words: `${who} must not end the process, got an exit`,
        });
      });
    });
  } finally {
    for (const timer of timers) clearInterval(timer);
    for (const signal of signals) process.removeListener(signal, onSignal);
    if (readsStdin) process.stdin.destroy();
    worker.removeAllListeners();
    await worker.terminate();
  }
}

/** Ends code of a policy that does not come back in time, or that takes all memory meanwhile. */
function watchPolicies(board: WatchBoard, end: (how: WorkerEnd) => void): NodeJS.Timeout {
  let seen: number | undefined;
  let sinceMs = 0;
  let sizeBefore = 0;
  return setInterval(() => {
    const { current } = board;
    if (current !== seen || current === undefined) {
      seen = current;
      sinceMs = performance.now();
      sizeBefore = process.memoryUsage.rss();
    } else if (performance.now() - sinceMs > LIMIT_MS) {
      const words = `${board.note} must come back within ${LIMIT_MS / 1000} s, got nothing`;
      end({ exitCode: EXIT_BAD_INPUT, words });
    } else if (process.memoryUsage.rss() > sizeBefore + LIMIT_BYTES) {
      end({ exitCode: EXIT_BAD_INPUT, words: `${board.note} must take at most 1 GiB, got more` });
    }
  }, LOOK_EVERY_MS);
}

function wordsOfError(error: unknown, board: WatchBoard): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ERR_WORKER_OUT_OF_MEMORY") {
    const who = board.current === undefined ? "the command" : board.note;
    return `${who} must fit into ${HEAP_MIB} MiB of memory, got more`;
  }
  const found = error instanceof Error ? error.message : "something that is no error";
  return visibleText(`a policy module must not throw outside its functions, got: ${found}`);
}
