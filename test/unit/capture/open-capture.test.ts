import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readCapture } from "../../../src/capture/read-capture.js";
import { openCapture } from "../../../src/node/index.js";
import { goldenPath, webServer, webServerPath, wholeOf } from "./sample-captures.js";

describe("openCapture", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "capture-"));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  test("a folder and the archive of it give the same capture", async () => {
    const files = await webServer();
    await mkdir(join(folder, "capture"));
    for (const name of files.names()) {
      await writeFile(join(folder, "capture", name), await wholeOf(files.open(name)));
    }
    const fromArchive = await readCapture(await openCapture(webServerPath));
    for (const path of [folder, join(folder, "capture")]) {
      const { zones, device, settings } = await readCapture(await openCapture(path));
      expect({ zones, device, settings }).toEqual({
        zones: fromArchive.zones,
        device: fromArchive.device,
        settings: fromArchive.settings,
      });
    }
  });

  test("one step of a recording comes with the meta.json above it", async () => {
    const files = await openCapture(`${goldenPath}s-web-normal/step1`);
    expect(files.names()).toContain("../meta.json");
  });

  test.each([
    { path: "nowhere", message: "must be a folder or an archive, got no such file" },
    { path: ".", message: /^.* must hold a capture \(.*\), got none$/ },
  ])("$path is refused", async ({ path, message }) => {
    const full = join(folder, path);
    const reading = (async () => readCapture(await openCapture(full)))();
    await expect(reading).rejects.toMatchObject({
      name: "CaptureError",
      message:
        typeof message === "string"
          ? `${full} ${message}`
          : (expect.stringMatching(message) as string),
    });
  });
});
