// Usage: npm run mutate:src -- FOLDER [FILE...] [--sample N] [--seed S]
//
// Mutates a folder of src/ (Stryker's mutants), and lets its unit tests judge each mutant. Prints
// the mutants that no test notices and the score of each file; the exit code is 1 below the score
// that the folder has to have. Parts of file names leave the other files out; `--sample` judges N
// of the mutants, as the seed draws them (1 by default).

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";

import { releaseCore } from "../build/core.js";
import { bringUpToDate } from "../build/step.js";
import { bundle, type Mutant } from "./bundle.js";
import { mutatedFolder } from "./folders.js";
import { judge } from "./judging.js";
import { sampleOf } from "./sample.js";
import { scoresOf, survivorsOf, type Verdict } from "./scores.js";

const { values, positionals } = parseArgs({
  options: { sample: { type: "string" }, seed: { type: "string", default: "1" } },
  allowPositionals: true,
});
const [name = "", ...only] = positionals;
const folder = mutatedFolder(name);
const root = join(import.meta.dirname, "../..");
const report = join(root, "build/mutation");
const work = join(report, name);

await bringUpToDate([releaseCore]);
rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });
process.env.VIRTIO_MEM_CORE = "release";
const { mutants: all, modules } = await bundle(root, folder, work, only);
const mutants =
  values.sample === undefined
    ? all
    : sampleOf(all, wholeNumber("--sample", values.sample), wholeNumber("--seed", values.seed));
if (mutants.length < all.length) {
  console.log(`${mutants.length} of ${all.length} mutants, seed ${values.seed}`);
}
const byId = new Map(mutants.map((mutant) => [mutant.id, mutant]));
const verdicts: Verdict[] = [];
const start = performance.now();
const order = {
  modules,
  measurementFile: join(work, "measured.json"),
  mutants: mutants.map(({ id, file }) => ({ id, name: basename(file, ".ts") })),
};
await judge(order, (id, by) => {
  verdicts.push({ mutant: byId.get(id) as Mutant, by });
  if (verdicts.length % 500 === 0) console.log(`${verdicts.length} of ${mutants.length}`);
});

const { lines, score } = scoresOf(verdicts);
const survivors = survivorsOf(verdicts);
const seconds = ((performance.now() - start) / 1000).toFixed(0);
const text = [...survivors, "", ...lines, `in ${seconds} s`].join("\n");
writeFileSync(join(report, `${name}.txt`), `${text}\n`);
writeFileSync(join(report, `${name}.json`), JSON.stringify(verdicts, undefined, 1));
console.log(text);
if (score < folder.least) {
  console.log(`at least ${folder.least} % have to be noticed`);
  process.exitCode = 1;
}

function wholeNumber(flag: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Error(`${flag} must be a whole number, got ${text}`);
}
