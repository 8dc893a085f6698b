import { basename, join } from "node:path";

import type { Capture } from "../capture/capture.js";
import { Guest } from "../guest/guest.js";
import { isInputError, visibleText } from "../input-error.js";
import { judgePrediction, type PredictionOutcome } from "../predict/outcome.js";
import { predict, type PredictOptions } from "../predict/predict.js";
import type { Prediction } from "../predict/prediction.js";
import { outcomeText, reliabilityText, type OutcomeRow } from "../report/outcome-text.js";
import { predictionJson } from "../report/prediction-json.js";
import { namesIn } from "../node/folder.js";
import { assertInWorker, leave } from "./command-link.js";
import { print } from "./output.js";
import { EXIT_BAD_INPUT } from "./exit-status.js";
import { ARCHIVE } from "./fleet.js";
import { terminalLook } from "./terminal.js";
import { UsageError } from "./usage-error.js";

/** How captures of before and after are read and asked. */
export interface AfterWork {
  readonly read: (path: string) => Promise<Capture[]>;
  readonly options: PredictOptions;
  /** What was requested; undefined: what the log of the capture from after says. */
  readonly requestedSize: number | undefined;
  readonly json: boolean;
}

interface Compared {
  readonly prediction: Prediction;
  readonly outcome: PredictionOutcome;
}

/**
 * Predicts from captures of before and compares with captures of after: two captures, or two
 * folders with captures of the same names.
 */
export async function predictAfter(before: string, after: string, work: AfterWork): Promise<void> {
  const pairs = pairsOf(before, after);
  if (pairs === undefined) {
    const compared = await compareOne(before, after, work);
    if (work.json) print(`${JSON.stringify(jsonOf(compared))}\n`);
    else {
      const { prediction, outcome } = compared;
      print(outcomeText(prediction, outcome, { columns: terminalLook().columns }));
    }
    return;
  }
  assertInWorker();
  const rows: OutcomeRow[] = [];
  for (const [at, name] of pairs.entries()) {
    const guest = visibleText(basename(name).replace(ARCHIVE, ""));
    try {
      const compared = await compareOne(join(before, name), join(after, name), work);
      rows.push({ guest, ...compared, error: null });
    } catch (error) {
      if (!isInputError(error)) throw error;
      rows.push({ guest, prediction: null, outcome: null, error: error.message });
    }
    leave({ text: tableOf(rows, work.json), words: `${at + 1} of ${pairs.length} captures` });
  }
  print(tableOf(rows, work.json));
  if (rows.some(({ error }) => error !== null)) process.exitCode = EXIT_BAD_INPUT;
}

function tableOf(rows: readonly OutcomeRow[], json: boolean): string {
  if (!json) return reliabilityText(rows, { columns: terminalLook().columns });
  return rows
    .map(({ guest, prediction, outcome, error }) => {
      const compared =
        prediction === null || outcome === null ? {} : jsonOf({ prediction, outcome });
      return `${JSON.stringify({ guest, ...compared, error })}\n`;
    })
    .join("");
}

function jsonOf({ prediction, outcome }: Compared) {
  return { prediction: predictionJson(prediction), outcome };
}

async function compareOne(before: string, after: string, work: AfterWork): Promise<Compared> {
  const [then, ...others] = await work.read(before);
  const [now, ...more] = await work.read(after);
  if (then === undefined || now === undefined || others.length + more.length > 0) {
    throw new UsageError("--after must compare captures of one device, got several");
  }
  const requestedSize = work.requestedSize ?? now.device.requestedSize;
  if (requestedSize === undefined) {
    throw new UsageError(
      "--requested-size must say what was requested, since the capture from after does not, got none",
    );
  }
  const prediction = await predict(then, { ...work.options, requestedSize });
  const { profile, core, calibration } = work.options;
  const guest = await Guest.fromCapture(now, {
    ...(profile === undefined ? {} : { profile }),
    ...(core === undefined ? {} : { core }),
    ...(calibration === undefined ? {} : { calibration }),
  });
  return { prediction, outcome: judgePrediction(prediction, guest) };
}

/** Names that both folders have; undefined where the two are captures. */
function pairsOf(before: string, after: string): string[] | undefined {
  const archives = (folder: string): string[] =>
    namesIn(folder).filter((name) => ARCHIVE.test(name));
  const earlier = archives(before);
  if (earlier.length === 0) return undefined;
  const later = archives(after);
  const pairs = earlier.filter((name) => later.includes(name));
  if (pairs.length > 0) return pairs;
  throw new UsageError(
    "--after must name a folder with captures of the same names as the first one, got none",
  );
}
