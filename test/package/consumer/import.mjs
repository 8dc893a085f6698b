import * as engine from "virtio-mem-engine";
import * as node from "virtio-mem-engine/node";

import { runScenario } from "./scenario.mjs";

const result = await runScenario(engine);
const names = { index: Object.keys(engine).sort(), node: Object.keys(node).sort() };
console.log(JSON.stringify({ result, names }));
