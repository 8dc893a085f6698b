import { expect, test } from "vitest";

import { readCapture } from "../../src/capture/read-capture.js";
import { captureOfDump } from "../../src/dump/dump-capture.js";
import { openMemory } from "../../src/dump/open-memory.js";
import { predict } from "../../src/predict/predict.js";
import { coreModule } from "../core-under-test.js";
import { fileOf, recordedResult, sampleCore, type SampleName } from "../unit/dump/sample-dump.js";

test.each<SampleName>(["6.12", "5.10"])(
  "a dump of Linux %s tells what the guest then did, block by block",
  async (name) => {
    const files = await captureOfDump(await openMemory(fileOf(sampleCore(name))));
    const capture = await readCapture(files);
    expect(capture.notes.join("\n")).toContain("exact capture");
    // free lists and caches are the kernel's own, in each guest that is drawn, too
    expect(capture.kernelLists?.zones.map(({ caches }) => caches.length)).toContain(1);
    const options = { requestedSize: 0, samples: 50, core: coreModule() };
    const { pluggedBefore, pluggedAfter, requests } = await predict(capture, options);
    const recorded = recordedResult(name);
    expect(pluggedBefore).toBe(recorded.pluggedBefore);
    expect(pluggedAfter).toBe(recorded.pluggedAfter);
    expect(requests.length).toBe(recorded.requests);
  },
);
