const engine = require("virtio-mem-engine");
const node = require("virtio-mem-engine/node");

import("./scenario.mjs")
  .then(({ runScenario }) => runScenario(engine))
  .then((result) => {
    const names = { index: Object.keys(engine).sort(), node: Object.keys(node).sort() };
    console.log(JSON.stringify({ result, names }));
  });
