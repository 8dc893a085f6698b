// Usage: npm run reproduce [-- --quick]
//
// Reproduces published results and writes docs/published.md, which compares them. --quick leaves
// out the frag benchmark, prints the rest, and writes nothing.

import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { deviceRules, firecrackerMatrix } from "./devices.js";
import { fragSection } from "./frag.js";
import { inflateSection } from "./inflate.js";
import { memoryRules } from "./memory-rules.js";
import { markdown, type Section } from "./row.js";

const isQuick = process.argv.includes("--quick");
const sections: Section[] = [
  await memoryRules(),
  deviceRules(),
  await firecrackerMatrix(),
  await inflateSection(),
];
if (!isQuick) sections.push(await fragSection());

const missed = sections.flatMap(({ rows }) => rows).filter(({ isMet }) => !isMet);
const all = sections.reduce((sum, { rows }) => sum + rows.length, 0);
const page = [
  "# Published results, reproduced",
  "",
  "Written by `npm run reproduce`, which runs all of this again. *Difference* is in percent of the",
  "published figure; where there is one the text says why.",
  "",
  `${all - missed.length} of ${all} rows are within their tolerance: equal for rules, 15 % for times, 3 % for frag.`,
  "",
  sections.map(markdown).join("\n"),
].join("\n");
if (isQuick) process.stdout.write(page);
else writeFileSync(join(import.meta.dirname, "../../../docs/published.md"), page);
for (const { what, published, ours } of missed) {
  console.error(`missed: ${what}: published ${published}, model ${ours}`);
}
if (missed.length > 0) process.exitCode = 1;
