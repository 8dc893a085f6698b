import * as index from "virtio-mem-engine";
import * as core from "virtio-mem-engine/core";
import * as device from "virtio-mem-engine/device";
import * as node from "virtio-mem-engine/node";

import { runScenario } from "./scenario.mjs";

const result = await runScenario({ ...index, ...core });
const names = Object.fromEntries(
  Object.entries({ index, device, core, node }).map(([entry, all]) => [
    entry,
    Object.keys(all).sort(),
  ]),
);
console.log(JSON.stringify({ result, names }));
