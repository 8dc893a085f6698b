import engine = require("virtio-mem-engine");
import coreEntry = require("virtio-mem-engine/core");
import node = require("virtio-mem-engine/node");

const core: coreEntry.Core = coreEntry.loadCoreSync();
const buffer: ArrayBuffer = core.memory.buffer;

async function remaining(path: string): Promise<number> {
  const capture: engine.Capture = await engine.readCapture(await node.openCapture(path));
  const prediction: engine.Prediction = await engine.predict(capture);
  return prediction.pluggedSizeAfter;
}

async function plug(size: number): Promise<engine.Guest> {
  const guest = await engine.Guest.create({ online: { autoOnline: "online_movable" } });
  guest.requestSize(size);
  return guest;
}

export { buffer, plug, remaining };
