const engine = require("virtio-mem-engine");
const node = require("virtio-mem-engine/node");

import("./scenario.mjs")
  .then(({ runScenario }) => runScenario(engine))
  .then((result) => {
    console.log(JSON.stringify({ result, node: Object.keys(node).sort() }));
  });
