import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

import type { CaptureZone } from "../../../src/capture/capture.js";
import { readText } from "../../../src/capture/capture-files.js";
import { readCapture } from "../../../src/capture/read-capture.js";
import { Guest } from "../../../src/guest/guest.js";
import {
  kernelText,
  profileFromCapture,
  type ProfileFromCapture,
} from "../../../src/guest/profile-from-capture.js";
import { openCapture } from "../../../src/node/index.js";
import { coreModule } from "../../core-under-test.js";
import { webServer, webServerPath } from "../capture/sample-captures.js";

const MiB = 2 ** 20;
const shared = fileURLToPath(new URL("../../../../shared", import.meta.url));

type Edits = Readonly<Record<string, (text: string) => string>>;

/** What is found in the web server's capture with some of its files changed. */
async function found(edits: Edits, left: readonly string[] = []): Promise<ProfileFromCapture> {
  const whole = await webServer();
  const changes: Record<string, string | undefined> = {};
  for (const [name, edit] of Object.entries(edits)) {
    const file = whole.names().find((path) => path.endsWith(name)) ?? name;
    changes[name] = edit(await readText(whole, file));
  }
  for (const name of left) changes[name] = undefined;
  return profileFromCapture(await readCapture(await webServer(changes)));
}

const uname =
  (release: string) =>
  (text: string): string =>
    text.replace(/^Linux (\S+) \S+/, `Linux $1 ${release}`);
const subblocks =
  (size: string) =>
  (text: string): string =>
    text.replace("subblock size: 0x200000", `subblock size: ${size}`);
describe("the profile of a captured guest", () => {
  test("is that of its release", async () => {
    const { profile, kernel, notes } = await found({});
    expect(profile.name).toBe("v6.1");
    expect(kernelText(kernel)).toBe(
      "Linux 6.1.0-56-amd64: profile v6.1; subblocks of 2 MiB by its log",
    );
    expect(notes).toEqual([]);
  });

  test.each([
    [
      "5.15.0-91-generic",
      "0x400000",
      "Linux 5.15.0-91-generic: profile v5.15; subblocks of 4 MiB by its log",
    ],
    [
      "9.1-rc3",
      "0x200000",
      "Linux 9.1-rc3: profile v7.2, the newest known; subblocks of 2 MiB by its log",
    ],
    [
      "6.11.0-21-generic",
      "0x200000",
      "Linux 6.11.0-21-generic: profile v6.8, the nearest older one known; subblocks of 2 MiB by its log",
    ],
  ])("of %s with subblocks of %s is said", async (release, size, text) => {
    const edits = size === "0x200000" ? {} : { "dmesg-virtio_mem.txt": subblocks(size) };
    const { kernel } = await found({ "uname.txt": uname(release), ...edits }, [
      "module-parameters.txt",
    ]);
    expect(kernelText(kernel)).toBe(text);
  });

  test("follows the log where it says other subblocks than the release has, and says so", async () => {
    const { profile, notes } = await found({
      "dmesg-virtio_mem.txt": subblocks("0x400000"),
    });
    expect(profile.name).toBe("v6.1");
    expect(profile.driver.subblockMinimumSize).toBe(4 * MiB);
    expect(notes).toEqual([
      "the log of the driver says subblocks of 4 MiB where v6.1 has 2 MiB: taken from the log",
    ]);
  });

  test("isolates single pageblocks where the log of an old release says subblocks of one", async () => {
    const { profile } = await found({ "uname.txt": uname("5.14.0-427.el9") });
    expect(profile.driver.subblockMinimumSize).toBe(2 * MiB);
    expect(profile.mm.isolatePageblock).toBe(true);
  });

  test.each(["0x300000", "0x1000", "0x80000000"])("refuses subblocks of %s", async (size) => {
    const edit = found({ "dmesg-virtio_mem.txt": subblocks(size) });
    await expect(edit).rejects.toThrow(/subblock size must be a power of two from 2097152 to/);
  });

  test("has the driver whose parameters are there", async () => {
    const { profile, notes } = await found({ "uname.txt": uname("6.6.30") });
    expect(profile.name).toBe("v6.6");
    expect(profile.driver.unsafeBigBlockUnplug).toBe(true);
    expect(notes.join()).toContain("parameters of its driver");
  });

  test("is guessed by the log, the watermarks and the lines of zoneinfo where no release is known", async () => {
    const plain = await found({}, ["uname.txt"]);
    expect(kernelText(plain.kernel)).toBe(
      "Linux of an unknown release: profile v6.1; subblocks of 2 MiB by its log",
    );
    const old = await found({ "dmesg-virtio_mem.txt": subblocks("0x400000") }, ["uname.txt"]);
    expect(old.profile.name).toBe("v5.15");
    const promo = (text: string): string =>
      text.replaceAll(/( +)high( +\d+)\n/g, "$1high$2\n$1promo$2\n");
    const newer = await found({ "zoneinfo.txt": promo }, ["uname.txt", "module-parameters.txt"]);
    expect(newer.profile.name).toBe("v6.8");
  });

  test("takes memory management of a newer version where the capture shows it", async () => {
    const { profile, notes } = await found({
      "zoneinfo.txt": (text) => text.replaceAll(/batch: +\d+\n/g, "$&              high_min: 10\n"),
    });
    expect(profile.name).toBe("v6.1");
    expect(profile.mm).toMatchObject({ movableMin: "own", isolateKeepsType: true });
    expect(notes.join()).toContain("do not fit");
  });

  test.each([
    { release: "6.1.0-56-amd64", min: 128, movableMin: "own", notes: 1 },
    { release: "6.1.0-56-amd64", min: 9000, movableMin: "share", notes: 0 },
    { release: "6.6.30", min: 128, movableMin: "own", notes: 0 },
    { release: "6.6.30", min: 9000, movableMin: "share", notes: 1 },
    { release: "6.6.30", min: 4000, movableMin: "own", notes: 0 },
  ])(
    "reads the min mark of ZONE_MOVABLE off zoneinfo: $min of $release",
    async ({ release, min, movableMin, notes }) => {
      const capture = await readCapture(await webServer());
      const [dma32] = capture.zones.filter(({ kind }) => kind === "DMA32");
      if (dma32 === undefined) throw new Error("the capture has a zone DMA32");
      const zones: CaptureZone[] = [
        { ...dma32, managed: 262_144, min: 3000, boost: 0 },
        { ...dma32, kind: "Movable", managed: 786_432, min: min + 50, boost: 50 },
      ];
      const result = profileFromCapture({
        ...capture,
        zones,
        kernelVersion: release,
        traces: undefined,
      });
      expect(result.profile.mm.movableMin).toBe(movableMin);
      expect(result.notes).toHaveLength(notes);
    },
  );

  test("may be asked for, whatever the capture says", async () => {
    const capture = await readCapture(await openCapture(webServerPath));
    const guest = await Guest.fromCapture(capture, { profile: "v5.15", core: coreModule() });
    expect(guest.profile.driver.subblockMinimumSize).toBe(4 * MiB);
    expect(guest.kernel).toMatchObject({ profile: "v5.15", chosenBy: "caller" });
  });
});

const FOLDERS = [
  ["recordings-5.10", "v5.10"],
  ["recordings", "v6.1"],
  ["recordings-6.12", "v6.12"],
  ["recordings-7.2", "v7.2"],
] as const;

describe.runIf(existsSync(shared))("recorded guests", () => {
  test.each(FOLDERS)("of %s have profile %s, and nothing contradicts it", async (folder, name) => {
    const root = `${shared}/${folder}`;
    const boots = readdirSync(root).filter((boot) => /^[abcu]-/.test(boot));
    expect(boots.length).toBeGreaterThan(0);
    for (const boot of boots) {
      const files = await openCapture(`${root}/${boot}`);
      const step = files.names().some((file) => file.startsWith("step1/"));
      const capture = await readCapture(files, step ? { folder: "step1" } : {});
      const { profile, notes } = profileFromCapture(capture);
      expect([boot, profile.name, notes]).toEqual([boot, name, []]);
      expect(profile).toEqual(profileFromCapture({ ...capture, zones: [] }).profile);
    }
  });
});
