import { Worker } from "node:worker_threads";

import { WatchBoard } from "./watch-board.js";

/** Real time that a policy may take for one answer. */
const LIMIT_MS = 5000;
const LOOK_EVERY_MS = 100;

/**
 * Runs the command line again in a thread of its own and ends it if code of a policy does not come
 * back.
 *
 * @param main - the file of the command.
 * @returns the exit status; undefined with a message on standard error where the policy was ended.
 */
export function runInWorker(main: string): Promise<number | undefined> {
  const board = new WatchBoard();
  const readsStdin = process.argv.includes("-");
  const worker = new Worker(main, {
    argv: process.argv.slice(2),
    workerData: { board: board.buffer },
    stdin: readsStdin,
  });
  if (worker.stdin !== null) process.stdin.pipe(worker.stdin);
  return new Promise((resolve, reject) => {
    let seen: number | undefined;
    let sinceMs = 0;
    let ended: string | undefined;
    const look = setInterval(() => {
      const { current } = board;
      if (current !== seen || current === undefined) {
        seen = current;
        sinceMs = performance.now();
      } else if (performance.now() - sinceMs > LIMIT_MS && ended === undefined) {
        ended = `${board.note} must come back within ${LIMIT_MS / 1000} s, got nothing`;
        void worker.terminate();
      }
    }, LOOK_EVERY_MS);
    const stop = (): void => {
      clearInterval(look);
      if (readsStdin) process.stdin.destroy();
    };
    worker.once("error", (error) => {
      stop();
      reject(error);
    });
    worker.once("exit", (code) => {
      stop();
      if (ended !== undefined) process.stderr.write(`virtio-mem: ${ended}\n`);
      resolve(ended === undefined ? code : undefined);
    });
  });
}
