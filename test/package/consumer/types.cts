import engine = require("virtio-mem-engine");
import node = require("virtio-mem-engine/node");

const core: engine.Core = engine.loadCoreSync();
const buffer: ArrayBuffer = core.memory.buffer;

export { buffer, node };
