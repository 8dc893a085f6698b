import * as core from "./node_modules/virtio-mem-engine/dist/core.js";
import * as index from "./node_modules/virtio-mem-engine/dist/index.js";
import { runScenario } from "./scenario.mjs";

const engine = { ...index, ...core };

/** What the test reads: the scenario's result by how the core came into the page. */
globalThis.results = Promise.all([
  runScenario(engine),
  runScenario(engine, "./node_modules/virtio-mem-engine/dist/core.wasm"),
  inWorker(),
]).then(([inlined, fetched, worker]) => ({ inlined, fetched, worker }));

function inWorker() {
  return new Promise((resolve, reject) => {
    const worker = new Worker("page-worker.js", { type: "module" });
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  });
}
