import { loadCore, loadCoreSync, type Core, type CoreSource } from "virtio-mem-engine";
import * as node from "virtio-mem-engine/node";

const source: CoreSource = new URL("https://example.com/core.wasm");
const core: Core = await loadCore(source);
const buffer: ArrayBuffer = core.memory.buffer;

const second: Core = loadCoreSync();
// @ts-expect-error the core's exports are typed
core.noSuchExport();

export { buffer, node, second };
