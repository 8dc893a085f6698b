// Usage: tsx scripts/build/main.ts [step...]
//
//   debug    build/debug.wasm
//   release  build/release.wasm, its declarations, build/inline.js
//   bench    build/bench.wasm, the release core with the loops of bench/, and build/bench-inline.js
//   js       dist/ without the declarations; needs release
//   types    the declarations in dist/; needs release
//   explorer the page in dist/explorer/; needs release
//
// Without a step: all of them but bench. A step whose inputs have not changed is skipped.

import { benchCore, debugCore, releaseCore } from "./core.js";
import { distJs, distTypes } from "./dist.js";
import { explorerPage } from "./explorer.js";
import { bringUpToDate } from "./step.js";

const steps = [debugCore, releaseCore, benchCore, distJs, distTypes, explorerPage];

const wanted = process.argv.slice(2);
for (const name of wanted) {
  if (!steps.some((step) => step.name === name)) {
    const names = steps.map((step) => step.name).join(", ");
    throw new Error(`step must be one of ${names}, got ${name}`);
  }
}
try {
  await bringUpToDate(
    wanted.length === 0
      ? steps.filter((step) => step !== benchCore)
      : steps.filter((step) => wanted.includes(step.name)),
  );
} catch (error) {
  console.error("build failed:", error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
