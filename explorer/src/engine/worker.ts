// The engine's side of the page: answers one call after the other.

import {
  predictionJson,
  predictionSvg,
  predictionText,
  scenarioCsv,
  scenarioJson,
  scenarioSvg,
  scenarioText,
} from "../../../src/index.js";
import { InputError } from "../../../src/input-error.js";
import { answerOf } from "./answer.js";
import { CaptureSession } from "./capture-session.js";
import { problemsOf } from "./check-scenario.js";
import { failureOf } from "./failure.js";
import { find } from "./open.js";
import type { CallName, Calls, FromWorker, LiveFrame, Opened, ToWorker } from "./protocol.js";
import { compareForPage, runForPage, scenarioPages } from "./scenario-session.js";

const COLUMNS = 100;

interface Follow {
  readonly signal: AbortSignal;
  readonly onShare: (share: number) => void;
  readonly onFrame: (frame: LiveFrame) => void;
}

let session: CaptureSession | undefined;

function sessionNow(): CaptureSession {
  if (session === undefined) throw new InputError("a capture must be opened first");
  return session;
}

function followed({ signal, onShare }: Follow) {
  return {
    signal,
    onProgress: ({ done, total }: { done: number; total: number }) => {
      onShare(done / total);
    },
  };
}

const CALLS: { readonly [N in CallName]: (input: Calls[N]["in"], follow: Follow) => unknown } = {
  open: ({ name, files, folder }) => open(name, files, folder),
  quick: (asked, follow) =>
    sessionNow().quick(asked, { ...followed(follow), onFrame: follow.onFrame }),
  full: (asked, follow) => sessionNow().full(asked, followed(follow)),
  pages: ({ when, firstPfn, count }) => sessionNow().pages(when, firstPfn, count),
  moment: ({ entry }, { signal }) => sessionNow().moment(entry, signal),
  check: ({ text, name }) => problemsOf(text, name),
  run: (input, { signal, onShare }) => runForPage(input, { stop: signal, onShare }),
  scenarioPages: (input, { signal }) => scenarioPages(input, signal),
  compareCapture: ({ asked, policies, profiles }, follow) => {
    const { onProgress, signal } = followed(follow);
    return sessionNow().compare(asked, policies, profiles, { onProgress, stop: signal });
  },
  compareScenario: (input, { signal, onShare }) => compareForPage(input, { stop: signal, onShare }),
  exportAnswer: ({ prediction, format }) => {
    if (format === "svg") return predictionSvg(prediction);
    if (format === "json") return `${JSON.stringify(predictionJson(prediction))}\n`;
    return predictionText(prediction, { columns: COLUMNS, color: false });
  },
  exportRun: ({ result, format }) => {
    if (format === "svg") return scenarioSvg(result);
    if (format === "csv") return scenarioCsv(result);
    if (format === "json") return `${JSON.stringify(scenarioJson(result))}\n`;
    return scenarioText(result, { columns: COLUMNS });
  },
};

async function open(...[name, files, folder]: Parameters<typeof find>): Promise<Opened> {
  const found = await find(name, files, folder);
  switch (found.kind) {
    case "scenario":
      return { kind: "scenario", name, text: found.text };
    case "prediction":
      return { kind: "answer", name, answer: answerOf(found.prediction) };
    case "run": {
      const words = scenarioText(found.result, { columns: COLUMNS });
      const run = {
        result: found.result,
        words,
        kinds: null,
        timelines: [],
        frames: [],
        asked: null,
      };
      return { kind: "run", name, run };
    }
    case "capture": {
      session = new CaptureSession(found.captures);
      const release = found.captures[0]?.kernelVersion ?? null;
      return { kind: "capture", name, release, devices: session.devices() };
    }
  }
}

const running = new Map<number, AbortController>();
/** One after the other: a guest of one call is not changed by the next. */
let last: Promise<unknown> = Promise.resolve();

function answer(message: FromWorker): void {
  self.postMessage(message);
}

async function serve(call: CallName, id: number, input: unknown): Promise<void> {
  const controller = running.get(id) ?? new AbortController();
  try {
    const follow: Follow = {
      signal: controller.signal,
      onShare: (share) => {
        answer({ id, progress: share });
      },
      onFrame: (frame) => {
        self.postMessage({ id, frame } satisfies FromWorker, { transfer: [frame.fate.buffer] });
      },
    };
    controller.signal.throwIfAborted();
    answer({ id, output: await CALLS[call](input as never, follow) });
  } catch (error) {
    answer({ id, failure: failureOf(error) });
  } finally {
    running.delete(id);
  }
}

self.addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  if ("abort" in data) {
    running.get(data.abort)?.abort();
    return;
  }
  const { call, id, input } = data;
  running.set(id, new AbortController());
  last = last.then(() => serve(call, id, input));
});
