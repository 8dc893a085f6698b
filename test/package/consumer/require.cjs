const index = require("virtio-mem-engine");
const core = require("virtio-mem-engine/core");
const device = require("virtio-mem-engine/device");
const node = require("virtio-mem-engine/node");

import("./scenario.mjs")
  .then(({ runScenario }) => runScenario({ ...index, ...core }))
  .then((result) => {
    const names = Object.fromEntries(
      Object.entries({ index, device, core, node }).map(([entry, all]) => [
        entry,
        Object.keys(all).sort(),
      ]),
    );
    console.log(JSON.stringify({ result, names }));
  });
