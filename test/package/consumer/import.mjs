import * as engine from "virtio-mem-engine";
import * as node from "virtio-mem-engine/node";

import { runScenario } from "./scenario.mjs";

const result = await runScenario(engine);
console.log(JSON.stringify({ result, node: Object.keys(node).sort() }));
