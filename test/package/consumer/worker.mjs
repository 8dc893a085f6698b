import { isMainThread, parentPort, Worker } from "node:worker_threads";

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url));
  worker.on("message", (result) => console.log(JSON.stringify({ result })));
} else {
  const [index, core, { runScenario }] = await Promise.all([
    import("virtio-mem-engine"),
    import("virtio-mem-engine/core"),
    import("./scenario.mjs"),
  ]);
  parentPort.postMessage(await runScenario({ ...index, ...core }));
}
