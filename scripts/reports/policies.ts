// Usage: npm run policies -- [folder of recordings] [--policies a,b+c] [--flags-only] [--rows]
//
// What the guests of a folder of recordings would have given back under each policy, all recorded
// requests together. The guests are those before each request; each policy gets the same ones.
// --rows adds a table by recording.

import { join } from "node:path";
import { parseArgs } from "node:util";

import type { Capture } from "../../src/capture/capture.js";
import { readCapture } from "../../src/capture/read-capture.js";
import { POLICIES } from "../../src/policies/choice/registry.js";
import { predict } from "../../src/predict/predict.js";
import type { Prediction } from "../../src/predict/prediction.js";
import { recordedRequests, type RecordedRequest } from "./recordings.js";

/** Over all recorded requests, but those to grow. */
interface Total {
  readonly policy: string;
  returned: number;
  moved: number;
  dropped: number;
  scanned: number;
  attempts: number;
  failed: number;
  requests: number;
  virtualMs: number;
  /** Guests whose OOM killer is to be expected. */
  oom: number;
}

const MiB = 2 ** 20;

const { values, positionals } = parseArgs({
  options: {
    policies: { type: "string" },
    "flags-only": { type: "boolean", default: false },
    rows: { type: "boolean", default: false },
  },
  allowPositionals: true,
});
const root = positionals[0] ?? join(import.meta.dirname, "../../test/golden/recordings");
const names =
  values.policies?.split(",") ??
  POLICIES.filter(({ memmap, controller }) => memmap === undefined && controller === undefined).map(
    ({ name }) => name,
  );
const totals = names.map(emptyTotal);
let nrGuests = 0;
for (const recorded of await recordedRequests(root)) {
  const { requestedSize } = recorded.observation;
  if (!isShrink(recorded)) continue;
  const capture = await captureOf(recorded);
  nrGuests++;
  const row: string[] = [recorded.name];
  for (const total of totals) {
    const prediction = await predict(capture, {
      requestedSize,
      policy: total.policy,
      // sizes and costs are compared, not how sure they are
      samples: 0,
    });
    add(total, prediction);
    row.push(`${returnedBy(prediction) / MiB} MiB ${prediction.cost.movedPages}`);
  }
  if (values.rows) process.stdout.write(`${row.join(" | ")}\n`);
}
if (nrGuests === 0) throw new Error(`the folder must hold recordings, got none in ${root}`);
process.stdout.write(`${table()}\n\n${nrGuests} requests to shrink\n`);

async function captureOf({ files, observation }: RecordedRequest): Promise<Capture> {
  const capture = await readCapture(files, { folder: observation.folder });
  if (!values["flags-only"]) return capture;
  return { ...capture, pageState: undefined, memmaps: undefined };
}

function isShrink({ observation }: RecordedRequest): boolean {
  const { pluggedBefore, requestedSize, deviceBlockSize } = observation;
  return pluggedBefore.replaceAll("0", "").length * deviceBlockSize > requestedSize;
}

function emptyTotal(policy: string): Total {
  return {
    policy,
    returned: 0,
    moved: 0,
    dropped: 0,
    scanned: 0,
    attempts: 0,
    failed: 0,
    requests: 0,
    virtualMs: 0,
    oom: 0,
  };
}

function returnedBy({ pluggedSizeBefore, pluggedSizeAfter }: Prediction): number {
  return pluggedSizeBefore - pluggedSizeAfter;
}

function add(total: Total, prediction: Prediction): void {
  const { cost } = prediction;
  total.returned += returnedBy(prediction);
  total.moved += cost.movedPages;
  total.dropped += cost.droppedPages;
  total.scanned += cost.scannedPages;
  total.attempts += cost.attempts;
  total.failed += cost.failedAttempts;
  total.requests += cost.requests;
  total.virtualMs += cost.virtualMs;
  if (prediction.notes.some((note) => note.includes("OOM killer"))) total.oom++;
}

function table(): string {
  const lines = [
    [
      "policy",
      "MiB returned",
      "pages moved",
      "pages dropped",
      "pages scanned",
      "attempts",
      "failed",
      "requests",
      "virtual ms",
      "OOM",
    ],
    ...totals.map((total) => [
      total.policy,
      String(total.returned / MiB),
      ...[total.moved, total.dropped, total.scanned].map(String),
      ...[total.attempts, total.failed, total.requests].map(String),
      total.virtualMs.toFixed(1),
      String(total.oom),
    ]),
  ];
  const [head = [], ...body] = lines;
  const widths = head.map((_, at) => Math.max(...lines.map((cells) => cells[at]?.length ?? 0)));
  const format = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => pad(cell, at, widths[at] ?? 0)).join(" | ")} |`;
  const rule = format(widths.map((width) => "-".repeat(width)));
  return [format(head), rule, ...body.map(format)].join("\n");
}

function pad(cell: string, at: number, width: number): string {
  return at === 0 ? cell.padEnd(width) : cell.padStart(width);
}
