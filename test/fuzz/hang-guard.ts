import { Worker } from "node:worker_threads";

// An endless loop cannot be ended from inside its thread, nor can a test runner name the input. So
// another thread watches, says which input it was, and ends the process.

const MOST_SECONDS = 60;
const INPUT_BYTES = 2 ** 16;

/** [0]: 1 while an input is played; [1]: number of the input; [2]: length of its text. */
const state = new Int32Array(new SharedArrayBuffer(12));
const words = new Uint8Array(new SharedArrayBuffer(INPUT_BYTES));
let watcher: Worker | undefined;

const WATCH = `
const { workerData: { state, words } } = require("node:worker_threads");
const { writeSync } = require("node:fs");
let seen = -1, since = 0;
setInterval(() => {
  const number = Atomics.load(state, 1);
  if (Atomics.load(state, 0) === 0 || number !== seen) { seen = number; since = Date.now(); return; }
  if (Date.now() - since < ${MOST_SECONDS * 1000}) return;
  const text = new TextDecoder().decode(words.slice(0, state[2]));
  writeSync(2, "hangs for ${MOST_SECONDS} s on input " + text + "\\n");
  process.kill(process.pid, "SIGKILL");
}, 500);
`;

/** Starts the watching thread, once in a process. */
export function guardAgainstHangs(): void {
  if (watcher !== undefined) return;
  watcher = new Worker(WATCH, { eval: true, workerData: { state, words } });
  watcher.unref();
}

/** Plays one input under watch. @param textOf - the input in words, for the case that it hangs. */
export async function watched(textOf: () => string, play: () => Promise<void>): Promise<void> {
  const text = new TextEncoder().encode(textOf()).subarray(0, INPUT_BYTES);
  words.set(text);
  state[2] = text.length;
  Atomics.add(state, 1, 1);
  Atomics.store(state, 0, 1);
  try {
    await play();
  } finally {
    Atomics.store(state, 0, 0);
  }
}
