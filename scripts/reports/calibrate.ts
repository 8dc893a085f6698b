// Usage: npm run calibrate -- folder [folder ...] [--write] [--no-judge] [--misses]
//
// Learns from folders of recordings how often the rules that a capture is read by turn out wrong,
// by kind of doubt and kernel, and says how well intervals that are drawn from it hold: each boot
// is predicted from what all others teach. --write puts what was learned into
// src/predict/distributions.ts.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import type { Distributions } from "../../src/predict/learned.js";
import { formatDistributions } from "./calibration/format-distributions.js";
import { judge, type Verdict } from "./calibration/evaluate.js";
import { Fitter } from "./calibration/fit.js";
import { observe, type ObservedGuest } from "./calibration/observed-guest.js";
import { missedTable, reliabilityTable, sharesTable } from "./calibration/tables.js";
import { recordedRequests } from "./recordings.js";

const { values, positionals } = parseArgs({
  options: {
    write: { type: "boolean", default: false },
    "no-judge": { type: "boolean", default: false },
    misses: { type: "boolean", default: false },
    evidence: { type: "string", default: "flags,references" },
    samples: { type: "string" },
  },
  allowPositionals: true,
});
if (positionals.length === 0) throw new Error("name at least one folder of recordings");

const guests: ObservedGuest[] = [];
for (const root of positionals) {
  for (const recorded of await recordedRequests(root)) {
    // a guest that grows meets none of what may turn out otherwise
    const { requestedSize, pluggedBefore, deviceBlockSize } = recorded.observation;
    if (requestedSize >= pluggedBefore.replaceAll("0", "").length * deviceBlockSize) continue;
    for (const evidence of ["flags", "references"] as const) {
      guests.push(await observe(recorded, evidence));
    }
  }
}
const kernels = [...new Set(guests.map(({ kernel }) => kernel))].sort((a, b) =>
  a.localeCompare(b, "en", { numeric: true }),
);
const fitter = new Fitter(guests);
const learned = fitter.fit(kernels);
process.stdout.write(`${sharesTable(learned)}\n\n`);
if (values.write) write(learned);
if (!values["no-judge"]) {
  const verdicts: Verdict[] = [];
  for (const guest of guests) {
    const { kernel, boot, evidence } = guest;
    if (!values.evidence.includes(evidence)) continue;
    const distributions = fitter.fit([kernel], `${kernel} ${boot}`);
    const samples = values.samples === undefined ? {} : { samples: Number(values.samples) };
    verdicts.push(await judge(guest, { distributions, ...samples }));
  }
  process.stdout.write(`${reliabilityTable(verdicts)}\n`);
  if (values.misses) process.stdout.write(`\n${missedTable(verdicts)}\n`);
}

function write(distributions: Distributions): void {
  const path = join(import.meta.dirname, "../../src/predict/distributions.ts");
  writeFileSync(
    path,
    "// Written by `npm run calibrate -- FOLDERS --write`; docs/agreement.md says how well it holds.\n" +
      'import type { Distributions } from "./learned.js";\n' +
      'import { parseDistributions } from "./parse-distributions.js";\n\n' +
      "/** What was learned from recordings of guests, which it names. */\n" +
      "export const DISTRIBUTIONS: Distributions = /* @__PURE__ */ parseDistributions(`\n" +
      `${formatDistributions(distributions)}\n\`);\n`,
  );
}
