import { isMainThread, parentPort, workerData } from "node:worker_threads";

import { readCapture } from "../capture/read-capture.js";
import type { Capture } from "../capture/capture.js";
import { isInputError, visibleText } from "../input-error.js";
import { openCapture } from "../node/index.js";
import { runCaptureJob, runScenarioJob, type SweepFigures } from "../sweep/job.js";
import { requestOf, scenarioWith, type SweepSubject } from "../sweep/plan.js";
import type { SweepSetting } from "../sweep/setting.js";
import { StopFlag } from "./command-link.js";

/** What a thread that works off runs of a sweep is started with. */
export interface SweepWorkerData {
  readonly isSweepWorker: true;
  readonly subject: SweepSubject;
  /** Path of the capture. */
  readonly path: string;
  /** See StopFlag. */
  readonly stop: SharedArrayBuffer;
}

/** A run to make. */
export interface SweepOrder {
  readonly setting: SweepSetting;
  readonly seed: number;
}

/** What the thread says of the run that it was given last. */
export type SweepAnswer =
  | { readonly type: "share"; readonly share: number }
  | { readonly type: "done"; readonly figures: SweepFigures }
  | { readonly type: "stopped" }
  | { readonly type: "failed"; readonly error: string };

/** Of this thread, where it is one of a sweep. */
export const sweepWorkerData: SweepWorkerData | undefined =
  !isMainThread && (workerData as Partial<SweepWorkerData> | null)?.isSweepWorker === true
    ? (workerData as SweepWorkerData)
    : undefined;

/** Makes the runs that it is sent, one at a time. */
export function serveSweep(data: SweepWorkerData): void {
  const stop = new StopFlag(data.stop);
  const capture = onceOnly(async () => readCapture(await openCapture(data.path)));
  parentPort?.on("message", (order: SweepOrder) => {
    void answerOf(order, { data, stop, capture }).then((answer) => {
      parentPort?.postMessage(answer);
    });
  });
}

interface Served {
  readonly data: SweepWorkerData;
  readonly stop: StopFlag;
  readonly capture: () => Promise<Capture>;
}

async function answerOf(
  { setting, seed }: SweepOrder,
  { data: { subject }, stop, capture }: Served,
): Promise<SweepAnswer> {
  const options = {
    stopWhen: () => stop.isAsked,
    onShare: (share: number) => {
      const answer: SweepAnswer = { type: "share", share };
      parentPort?.postMessage(answer);
    },
  };
  try {
    const figures =
      subject.kind === "scenario"
        ? await runScenarioJob(scenarioWith(subject, setting), seed, options)
        : await runCaptureJob(await capture(), requestOf(setting), options);
    return figures === undefined ? { type: "stopped" } : { type: "done", figures };
  } catch (error) {
    const name = isInputError(error) || !(error instanceof Error) ? "" : `${error.name}: `;
    const words = error instanceof Error ? error.message : String(error);
    return { type: "failed", error: visibleText(`${name}${words}`) };
  }
}

function onceOnly<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
