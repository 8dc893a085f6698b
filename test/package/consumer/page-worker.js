import * as core from "./node_modules/virtio-mem-engine/dist/core.js";
import * as index from "./node_modules/virtio-mem-engine/dist/index.js";
import { runScenario } from "./scenario.mjs";

postMessage(await runScenario({ ...index, ...core }));
