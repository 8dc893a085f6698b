// The core as a file of its own, read by the user.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

import * as index from "virtio-mem-engine";
import * as core from "virtio-mem-engine/core";

import { runScenario } from "./scenario.mjs";

const path = createRequire(import.meta.url).resolve("virtio-mem-engine/core.wasm");
const result = await runScenario({ ...index, ...core }, await readFile(path));
console.log(JSON.stringify({ result }));
