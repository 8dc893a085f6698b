// Usage: npm run mutate:src -- FOLDER [FILE...]
//
// Mutates a folder of src/ (Stryker's mutants), and lets its unit tests judge each mutant. Prints
// the mutants that no test notices and the score of each file; the exit code is 1 below the score
// that the folder has to have. Parts of file names leave the other files out.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

import { releaseCore } from "../build/core.js";
import { bringUpToDate } from "../build/step.js";
import { bundle, type Mutant } from "./bundle.js";
import { mutatedFolder } from "./folders.js";
import { judge } from "./judging.js";
import { scoresOf, survivorsOf, type Verdict } from "./scores.js";

const [name = "", ...only] = process.argv.slice(2);
const folder = mutatedFolder(name);
const root = join(import.meta.dirname, "../..");
const report = join(root, "build/mutation");
const work = join(report, name);

await bringUpToDate([releaseCore]);
rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });
process.env.VIRTIO_MEM_CORE = "release";
const { mutants, modules } = await bundle(root, folder, work, only);
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
