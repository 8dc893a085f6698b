import { expect, test } from "vitest";

import { Guest } from "../../../src/guest/guest.js";
import { parseScenario } from "../../../src/scenario/parse.js";
import { runScenario } from "../../../src/scenario/run.js";
import { coreModule } from "../../core-under-test.js";

const MiB = 2 ** 20;

// Linux takes what the firmware reports, to the page.
test.each([128, 132, 160, 400, 2048 + 36, 128 + 3 / 256, 4096 + 1 / 256])(
  "a guest boots with %d MiB, all of them its own",
  async (size) => {
    const bootSize = size * MiB;
    const guest = await Guest.create({ core: coreModule(), bootSize, regionSize: 1024 * MiB });
    const managed = guest.zones.all().reduce((sum, zone) => sum + zone.managed, 0);
    expect(managed * 4096).toBe(bootSize);
    const free = guest.zones.all().reduce((sum, zone) => sum + guest.pages.freePages(zone.id), 0);
    expect(free).toBe(managed);
    guest.requestSize(512 * MiB);
    expect(guest.device.pluggedSize).toBe(512 * MiB);
    guest.requestSize(0);
    expect(guest.device.pluggedSize).toBe(0);
    expect(guest.pages.validate()).toBeUndefined();
  },
);

test.each(["132MiB", "400MiB"])("a scenario has boot memory of %s", async (size) => {
  const scenario = parseScenario(
    `duration: 1s\nguest: {bootMemory: ${size}}\ndevice: {regionSize: 1GiB, requestedSize: 64MiB}`,
  );
  const result = await runScenario(scenario, { core: coreModule() }).result();
  expect(result.summary.panicked).toBe(false);
});

test.each([
  [127 * MiB, "bootSize must be at least 128 MiB, got 127 MiB"],
  [128 * MiB + 5, "bootSize must be a multiple of 4 KiB"],
])("%d bytes are refused", async (bootSize, words) => {
  const made = Guest.create({ core: coreModule(), bootSize });
  await expect(made).rejects.toThrow(words);
});
