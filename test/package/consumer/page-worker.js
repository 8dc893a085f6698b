import * as engine from "./node_modules/virtio-mem-engine/dist/index.js";
import { runScenario } from "./scenario.mjs";

postMessage(await runScenario(engine));
