import { beforeAll, describe, expect, test } from "vitest";

import { readCapture } from "../../src/capture/read-capture.js";
import type { Capture } from "../../src/capture/capture.js";
import { Migratetype, PageClass } from "../../src/core/abi.js";
import { PageMemory } from "../../src/core/page-memory.js";
import { Guest, type NewGuestOptions } from "../../src/guest/guest.js";
import { isInputError } from "../../src/input-error.js";
import { linuxProfile } from "../../src/linux/profile.js";
import { predict, type PredictOptions } from "../../src/predict/predict.js";
import { runScenario } from "../../src/scenario/run.js";
import { VirtioMemDevice } from "../../src/virtio-mem/device/device.js";
import { coreModule } from "../core-under-test.js";
import { AlteredCapture } from "./capture/altered-capture.js";

const MiB = 2 ** 20;
const GiB = 2 ** 30;

let capture: Capture;
beforeAll(async () => {
  capture = await readCapture((await AlteredCapture.open()).asFiles());
});

async function refusal(doing: () => unknown): Promise<string> {
  try {
    await doing();
  } catch (error) {
    expect(isInputError(error), String(error)).toBe(true);
    return (error as Error).message;
  }
  throw new Error("it was taken");
}

describe("Guest.create() refuses", () => {
  test.each([
    [{ memoryBlockSize: 96 * MiB }, "memoryBlockSize must be a power of two from 128 MiB to 2 GiB"],
    [{ memoryBlockSize: 4096 * MiB }, "memoryBlockSize must be a power of two"],
    [{ memoryBlockSize: -Infinity }, "memoryBlockSize must be a power of two"],
    [{ memoryBlockSize: 1.5 }, "memoryBlockSize must be a power of two"],
    [{ bootSize: null }, "bootSize must be a whole number of bytes"],
    [{ bootSize: NaN }, "bootSize must be a whole number of bytes"],
    [{ devices: [1] }, "devices[0] must be an object, got 1"],
    [{ devices: [{ regionsize: GiB }] }, "devices[0] must have known names only"],
    [{ online: "movable" }, "online must be an object"],
    [{ online: { autoOnline: "online_movabel" } }, "autoOnline must be one of"],
    [{ online_movabel: true }, "options of Guest.create() must have known names only"],
    [{ regionsize: GiB }, "did you mean regionSize?"],
    [{ driver: { forceBBM: true } }, "did you mean forceBbm?"],
    [{ calibration: { requestNs: -1 } }, "calibration.requestNs must be nanoseconds"],
    ["1GiB", "options of Guest.create() must be an object"],
  ])("%j", async (options, words) => {
    const core = coreModule();
    const given = typeof options === "string" ? options : { core, ...options };
    expect(await refusal(() => Guest.create(given as NewGuestOptions))).toContain(words);
  });
});

describe("predict() refuses", () => {
  test.each([
    [{ requestSize: GiB }, "did you mean requestedSize?"],
    [{ requestedSize: "1GiB" }, "requestedSize must be a whole number of bytes"],
    [{ requestedSize: -1 }, "requestedSize must be a whole number of bytes >= 0, got -1"],
    [{ untilMs: "10min" }, "untilMs must be a number"],
    [{ onProgress: true }, "onProgress must be a function"],
    [{ keepCaches: 1 }, "keepCaches must be true or false"],
    [null, "options of predict() must be an object"],
  ])("%j", async (options, words) => {
    const core = coreModule();
    const given = options === null ? options : { core, ...options };
    expect(await refusal(() => predict(capture, given as PredictOptions))).toContain(words);
  });

  test("the likeliest mistakes in words", async () => {
    const wrong = "x.tar.gz" as unknown;
    expect(await refusal(() => predict(wrong as Capture))).toContain(
      'capture must be what readCapture() gives (await readCapture(await openCapture(path))), got "x.tar.gz"',
    );
    expect(await refusal(() => readCapture(wrong as never))).toContain(
      "files must be what openCapture()",
    );
    expect(await refusal(() => readCapture(undefined as unknown as never))).toContain(
      "files must be",
    );
    expect(await refusal(() => runScenario(wrong as never))).toContain(
      "scenario must be what parseScenario()",
    );
    expect(await refusal(() => new VirtioMemDevice(undefined as never))).toContain(
      "options of a device",
    );
  });
});

describe("page numbers of another space", () => {
  const make = (): { pages: PageMemory; pfn: number } => {
    const { mm } = linuxProfile("v6.1");
    const pages = PageMemory.createSync(2 ** 18, mm, coreModule());
    const zone = pages.addZone("Normal", 0);
    pages.online(zone, 0, 2 ** 15, [[0, 2 ** 15]]);
    const pfn = pages.tryAlloc({
      order: 0,
      type: Migratetype.Unmovable,
      pageClass: PageClass.Slab,
      kind: "Normal",
      node: 0,
    });
    if (pfn === undefined) throw new Error("no page");
    return { pages, pfn };
  };

  test.each([2 ** 32, -(2 ** 33), 0.5, NaN, Infinity])(
    "%d more: nothing is freed",
    async (more) => {
      const { pages, pfn } = make();
      const before = pages.freePages(0);
      for (const call of [
        () => {
          pages.free(pfn + more, 0);
        },
        () => {
          pages.freeRun(pfn + more, 1);
        },
        () => {
          pages.markOffline(pfn + more, 1);
        },
        () => pages.allocContig(512 + more, 512),
        () => pages.pageState(pfn + more),
        () => {
          pages.free(pfn, more);
        },
      ]) {
        expect(await refusal(call)).toMatch(/must be a whole number from 0 to 2\^32 - 1/);
      }
      expect(pages.freePages(0)).toBe(before);
      expect(pages.validate()).toBeUndefined();
    },
  );
});

describe("a guest goes on", () => {
  const create = () =>
    Guest.create({
      core: coreModule(),
      bootSize: GiB,
      regionSize: GiB,
      online: { autoOnline: "online_movable" },
    });

  test("after a listener of sizes has thrown once, and says so at the end of the work", async () => {
    const guest = await create();
    let calls = 0;
    guest.device.onSizeChange(() => {
      if (calls++ === 0) throw new Error("listener");
    });
    expect(() => {
      guest.requestSize(512 * MiB);
    }).toThrow("listener");
    expect(guest.device.pluggedSize).toBe(512 * MiB);
    guest.requestSize(0);
    expect(guest.device.pluggedSize).toBe(0);
    expect(guest.pages.validate()).toBeUndefined();
  });

  test("after a follower of its log has thrown", async () => {
    const guest = await create();
    const stop = guest.log.follow(() => {
      throw new Error("follower");
    });
    expect(() => {
      guest.requestSize(512 * MiB);
    }).toThrow("follower");
    stop();
    guest.requestSize(0);
    expect(guest.device.pluggedSize).toBe(0);
  });
});

describe("restore() of a bad snapshot leaves the device as it was", () => {
  test.each([
    { acceptedFeatures: "xyz" },
    { acceptedFeatures: 5 },
    { health: "ill" },
    { plugged: null },
    { plugged: [[0]] },
    { plugged: [5] },
    { pluggedSize: NaN },
    { requestedSize: 4 * GiB },
    { requestedSize: "0" },
    { usableRegionSize: -2 * MiB },
  ])("%j", async (change) => {
    const device = new VirtioMemDevice({ addr: 4 * GiB, regionSize: GiB, blockSize: 2 * MiB });
    device.requestSize(512 * MiB);
    const before = device.snapshot();
    await refusal(() => {
      device.restore({ ...before, ...change } as never);
    });
    expect(device.snapshot()).toEqual(before);
  });
});
