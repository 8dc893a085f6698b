import { isMainThread, parentPort, workerData } from "node:worker_threads";

import { readCapture } from "../capture/read-capture.js";
import { openCapture } from "../node/index.js";
import type { SweepSubject } from "../sweep/plan.js";
import { StopFlag } from "./command-link.js";
import { endOf, type SweepEnd, type SweepOrder } from "./sweep-run.js";

/** What a thread that works off runs of a sweep is started with. */
export interface SweepWorkerData {
  readonly isSweepWorker: true;
  readonly subject: SweepSubject;
  /** Path of the capture that is the subject, or that it begins with. */
  readonly path: string;
  /** See StopFlag. */
  readonly stop: SharedArrayBuffer;
}

/** What the thread says of the run that it was given last. */
export type SweepAnswer = { readonly type: "share"; readonly share: number } | SweepEnd;

/** Progress in smaller steps would cost short runs a fifth of their time. */
const SHARE_STEP = 0.1;

/** Of this thread, where it is one of a sweep. */
export const sweepWorkerData: SweepWorkerData | undefined =
  !isMainThread && (workerData as Partial<SweepWorkerData> | null)?.isSweepWorker === true
    ? (workerData as SweepWorkerData)
    : undefined;

/** Makes the runs that it is sent, one at a time. */
export function serveSweep({ subject, path, stop: buffer }: SweepWorkerData): void {
  const stop = new StopFlag(buffer);
  const capture = onceOnly(async () => readCapture(await openCapture(path)));
  const tell = (answer: SweepAnswer): void => {
    parentPort?.postMessage(answer);
  };
  let told = 0;
  const options = {
    stopWhen: () => stop.isAsked,
    onShare: (share: number) => {
      if (share - told < SHARE_STEP) return;
      told = share;
      tell({ type: "share", share });
    },
  };
  parentPort?.on("message", (order: SweepOrder) => {
    told = 0;
    void endOf(order, { subject, capture }, options).then(tell);
  });
}

function onceOnly<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
