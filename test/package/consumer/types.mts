import {
  captureFilesOf,
  Guest,
  predict,
  predictionJson,
  predictionSvg,
  predictionText,
  readCapture,
  type Capture,
  type CoreSource,
  type LogEntry,
  type NewGuestOptions,
  type Prediction,
  type UnplugPolicy,
} from "virtio-mem-engine";
import { loadCore, Migratetype, PageClass } from "virtio-mem-engine/core";
import { VirtioMemDevice } from "virtio-mem-engine/device";
import { openCapture } from "virtio-mem-engine/node";

const source: CoreSource = new URL("https://example.com/core.wasm");
const options: NewGuestOptions = { bootSize: 2 ** 30, core: source, profile: "v6.1" };
const guest: Guest = await Guest.create(options);
guest.requestSize(2 ** 30);

const pfn: number | undefined = guest.pages.tryAlloc({
  order: 0,
  type: Migratetype.Movable,
  pageClass: PageClass.Anon,
  kind: "Movable",
  node: 0,
});
for (const { request, offset } of guest.log.of("request")) {
  const name: "PLUG" | "UNPLUG" | "UNPLUG_ALL" | "STATE" = request;
  console.log(name, offset);
}
const last: LogEntry | undefined = guest.log.entries.at(-1);
if (last?.type === "contig") console.log(last.blockingPfn);

const capture: Capture = await readCapture(await openCapture("capture.tar.gz"));
const prediction: Prediction = await predict(capture, { requestedSize: 0, untilMs: 60_000 });
const [low, high]: readonly [number, number] = prediction.interval;
const text: string = predictionText(prediction, { columns: 80, color: false });
const svg: string = predictionSvg(prediction);
const json: { readonly wallMs?: number } = predictionJson(prediction, 1);
const dropped: Capture = await readCapture(captureFilesOf("files", new Map([["a", new Blob()]])));

const device = new VirtioMemDevice({ addr: 2 ** 32, regionSize: 2 ** 30 });

const policy: UnplugPolicy = {
  name: "upwards",
  passes: [["movable-partial", "movable"]],
  memoryBlocks: "ascending",
  subblocks: (view, id) => Uint16Array.of(view.isPlugged(id, 0) ? 0 : 1),
  chunks: ["memory-block", 1],
  attempts: { kernel: 1, movable: 5 },
};

// @ts-expect-error there is no such version
await Guest.create({ profile: "v2.6" });
// @ts-expect-error the log's entries are told apart by their type
guest.log.of("no-such-type");
// @ts-expect-error a core's exports are typed
(await loadCore()).noSuchExport();
// @ts-expect-error a prediction cannot be changed
prediction.pluggedSizeAfter = 0;

export { device, dropped, high, json, low, pfn, policy, svg, text };
