// The core as a file of its own, read by the user.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

import { loadCore, loadCoreSync } from "virtio-mem-engine";

import { runScenario } from "./scenario.mjs";

const path = createRequire(import.meta.url).resolve("virtio-mem-engine/core.wasm");
const bytes = await readFile(path);
const result = await runScenario({
  loadCore: () => loadCore(bytes),
  loadCoreSync: () => loadCoreSync(bytes),
});
console.log(JSON.stringify({ result }));
