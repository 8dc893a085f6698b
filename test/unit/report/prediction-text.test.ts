import { describe, expect, test } from "vitest";
import type { Prediction } from "../../../src/predict/prediction.js";
import { predictionText } from "../../../src/report/prediction-text.js";
import {
  compileServer,
  drawnPrediction,
  failedGrowth,
  GiB,
  idleGuest,
  largeGuest,
  MiB,
  pinnedGuest,
  TiB,
  tooFullGuest,
} from "./sample-prediction.js";

function lines(prediction: Prediction, columns = 80): string[] {
  const text = predictionText(prediction, { columns, color: false });
  expect(text.endsWith("\n")).toBe(true);
  return text.slice(0, -1).split("\n");
}

const MOVABLE = drawnPrediction([".".repeat(64), "#".repeat(64)]);

const SAMPLES: [string, Prediction][] = [
  ["a compile server", compileServer()],
  ["an idle guest", idleGuest()],
  ["a guest with pins", pinnedGuest()],
  ["a guest that is too full", tooFullGuest()],
  ["a growth that fails", failedGrowth()],
  ["64 GiB", largeGuest(64 * GiB, 64 * GiB)],
  ["1 TiB of 16 TiB", largeGuest(16 * TiB, TiB)],
  ["nothing plugged", drawnPrediction([], { deviceBlockSize: 2 * MiB })],
  ["big blocks", drawnPrediction([".", "#", "k", "s"], { deviceBlockSize: 256 * MiB })],
  ["a region off the grid", drawnPrediction(["s."], { regionStart: 4 * GiB + 64 * MiB })],
  ["all reasons at once", drawnPrediction(["sbpkmftx".repeat(8), "#.-+".repeat(16)])],
];

describe("predictionText", () => {
  test("a compile server that keeps 134 of 768 MiB", () => {
    expect(lines(compileServer())).toEqual([
      "634 MiB of 768 MiB are unplugged; 134 MiB stay plugged.",
      "",
      "  Plugged         768 MiB",
      "  Requested           0 B",
      "  Predicted       134 MiB, 90 % interval: 96 MiB to 150 MiB",
      "  Moved           48,211 pages (188.3 MiB)",
      "  Dropped         12,003 pages (46.89 MiB) of file cache",
      "  Time (virtual)  4.1 s, 191 requests to the device",
      "  Retries         after 54.1 s, 2 min 34 s, 5 min 54 s and 2 more",
      "",
      "Map: a line per memory block (128 MiB), a character per subblock (2 MiB)",
      "  32 ssssssm.s............b.......................................... 18 MiB",
      "  33 ....bb......................................b....b...s...bss..m. 18 MiB",
      "  34 ..bs...sk..b..bbbkbb..ss............mb...........bbbbkbbsssbbbbb 60 MiB",
      "  35 bbsbbbbsbbbsbbkbbbb............................................. 38 MiB",
      "  36 ........ to 37: 2 memory blocks (256 MiB), unplugged",
      "  38 -------- to 63: 26 memory blocks (3.25 GiB), not plugged",
      "  - not plugged   . unplugged",
      "",
      "What could not be unplugged",
      "  b  40 subblocks (80 MiB) are held by file system metadata (buffer cache)",
      "  s  20 subblocks (40 MiB) are held by kernel objects (slab)",
      "  k  4 subblocks (8 MiB) are held by page tables",
      "  m  3 subblocks (6 MiB) are held by memmap (struct pages)",
      "     in 4 memory blocks, most in 34 (60 MiB), 35 (38 MiB), 32 (18 MiB)",
      "",
      "21 buffer cache pages may go or stay: the capture does not show the journal.",
      "",
      "Suggestions",
      "  80 MiB  write a little and sync, twice, then retry (frees the journal)",
      "  40 MiB  echo 2 > /proc/sys/vm/drop_caches in the guest, then retry",
      "   8 MiB  freed only when its user exits: end programs, or reboot the guest",
      "   6 MiB  freed once the memory blocks that it describes are removed",
      "       -  next time bring added memory online as movable, so that the kernel",
      "          stays out of it (memhp_default_state=online_movable; the auto-movable",
      "          policy does so for a part of it)",
    ]);
  });

  test("an idle guest whose last subblocks refuse", () => {
    expect(lines(idleGuest())).toEqual([
      "2044 MiB of 2 GiB are unplugged; 4 MiB stay plugged.",
      "",
      "  Plugged         2 GiB",
      "  Requested         0 B",
      "  Predicted       4 MiB",
      "  Moved           120 pages (480 KiB)",
      "  Time (virtual)  31 ms, 77 requests to the device",
      "  Retries         after 50 s",
      "",
      "Map: a line per memory block (128 MiB), a character per subblock (2 MiB)",
      "  32 ..s...............s............................................. 4 MiB",
      "  33 ........ to 47: 15 memory blocks (1920 MiB), unplugged",
      "  48 -------- to 63: 16 memory blocks (2 GiB), not plugged",
      "  - not plugged   . unplugged",
      "",
      "What could not be unplugged",
      "  s  2 subblocks (4 MiB) are held by kernel objects (slab)",
      "     all in memory block 32 (4 MiB)",
      "",
      "Suggestions",
      "  4 MiB  echo 2 > /proc/sys/vm/drop_caches in the guest, then retry",
      "      -  next time bring added memory online as movable, so that the kernel",
      "         stays out of it (memhp_default_state=online_movable; the auto-movable",
      "         policy does so for a part of it)",
    ]);
  });

  test("a size that is reached although something refused", () => {
    expect(lines(idleGuest({ requestedSize: 4 * MiB, retries: [] }))).toEqual([
      "Reached: all 2044 MiB are unplugged.",
      "",
      "  Plugged         2 GiB",
      "  Requested       4 MiB",
      "  Predicted       4 MiB",
      "  Moved           120 pages (480 KiB)",
      "  Time (virtual)  31 ms, 77 requests to the device",
      "",
      "Map: a line per memory block (128 MiB), a character per subblock (2 MiB)",
      "  32 ..s...............s............................................. 4 MiB",
      "  33 ........ to 47: 15 memory blocks (1920 MiB), unplugged",
      "  48 -------- to 63: 16 memory blocks (2 GiB), not plugged",
      "  - not plugged   . unplugged",
      "",
      "Blocked on the way",
      "  s  2 subblocks (4 MiB) are held by kernel objects (slab)",
      "     all in memory block 32 (4 MiB)",
    ]);
  });

  test("a guest with no room for what is in use", () => {
    expect(lines(tooFullGuest())).toEqual([
      "1076 MiB of 2 GiB are unplugged; 972 MiB stay plugged.",
      "",
      "  Plugged           2 GiB",
      "  Requested           0 B",
      "  Predicted       972 MiB",
      "  Moved           190,000 pages (742.2 MiB)",
      "  Time (virtual)  7.3 s, 97 requests to the device",
      "  Retries         after 57.3 s",
      "",
      "Map: a line per memory block (128 MiB), a character per subblock (2 MiB)",
      "  32 ######## to 38: 7 memory blocks (896 MiB), stays, not tried",
      "  39 ####################################f........................... 74 MiB",
      "  40 ........ to 43: 4 memory blocks (512 MiB), unplugged",
      "  44 ..................................................s............. 2 MiB",
      "  45 ........ to 47: 3 memory blocks (384 MiB), unplugged",
      "  48 -------- to 63: 16 memory blocks (2 GiB), not plugged",
      "  - not plugged   . unplugged   # stays, not tried",
      "",
      "What could not be unplugged",
      "  s  1 subblock (2 MiB) is held by kernel objects (slab)",
      "  f  1 subblock (2 MiB) is held by pages with no free memory to migrate to",
      "  #  968 MiB were not tried: the driver stopped where memory ran out",
      "     all in memory blocks 39 (2 MiB), 44 (2 MiB)",
      "",
      "Careful: the guest has no room left for what is in use. Shrinking on can make",
      "  Linux end programs (out-of-memory killer).",
      "",
      "Suggestions",
      "  970 MiB  free memory in the guest first: there is nowhere to migrate to",
      "    2 MiB  echo 2 > /proc/sys/vm/drop_caches in the guest, then retry",
      "        -  next time bring added memory online as movable, so that the kernel",
      "           stays out of it (memhp_default_state=online_movable; the auto-movable",
      "           policy does so for a part of it)",
    ]);
  });

  test("a growth that fails for lack of room for the memmap", () => {
    expect(lines(failedGrowth())).toEqual([
      "1920 MiB of 4 GiB are plugged; 2176 MiB cannot be added.",
      "",
      "  Plugged              0 B",
      "  Requested          4 GiB",
      "  Predicted       1920 MiB",
      "  Time (virtual)  1.7 s, 21 requests to the device",
      "  Retries         after 51.7 s, 2 min 32 s, 5 min 53 s",
      "",
      "Map: a line per memory block (128 MiB), a character per subblock (2 MiB)",
      "  32 ++++++++ to 46: 15 memory blocks (1920 MiB), added",
      "  47 -------- to 63: 17 memory blocks (2176 MiB), not plugged",
      "  - not plugged   + added",
      "",
      "Adding memory block 47 (128 MiB) failed 3 times: it was plugged, Linux had no",
      "  room for its memmap (struct pages), the driver gave it back.",
      "",
      "Suggestions",
      "  -  give the guest more boot memory, or bring part of the added memory online",
      "     for the kernel (auto-movable policy): each 128 MiB needs 2 MiB of memmap",
      "     that only kernel memory can hold",
    ]);
  });

  test("64 GiB, one character per memory block", () => {
    expect(lines(largeGuest(64 * GiB, 64 * GiB))).toEqual([
      "60.39 GiB of 64 GiB are unplugged; 3694 MiB stay plugged.",
      "",
      "  Plugged           64 GiB",
      "  Requested            0 B",
      "  Predicted       3694 MiB",
      "  Moved           3,000,000 pages (11.44 GiB)",
      "  Time (virtual)  3 min 10 s, 8,997 requests to the device",
      "",
      "Map: a character per memory block (128 MiB); capital: over half of it stays",
      "       0 B SsSSSssssssSssssssssssssssssssssssssssssssssssssssssssssssssskms",
      "     8 GiB ssssssssssbssssssssssspsssmsssssssksspssssssssssssssssssssbsssss",
      "    16 GiB ss.bs.pssskss.s..bsbmm.kpsm.ssbs.kms..s.sp......m...sm..s.......",
      "    24 GiB .s..............................................................",
      "    32 GiB ................................................................",
      "    40 GiB ................................................................",
      "    48 GiB ................................................................",
      "    56 GiB ................................................................",
      "  . unplugged",
      "",
      "What could not be unplugged",
      "  s  933 subblocks (1866 MiB) are held by kernel objects (slab)",
      "  b  337 subblocks (674 MiB) are held by file system metadata (buffer cache)",
      "  k  209 subblocks (418 MiB) are held by page tables",
      "  p  191 subblocks (382 MiB) are held by pinned anonymous memory",
      "  m  177 subblocks (354 MiB) are held by memmap (struct pages)",
      "     in 164 memory blocks, most in 43 (68 MiB), 32 (66 MiB), 34 (66 MiB)",
      "",
      "Suggestions",
      "  1866 MiB  echo 2 > /proc/sys/vm/drop_caches in the guest, then retry",
      "   674 MiB  write a little and sync, twice, then retry (frees the journal)",
      "   418 MiB  freed only when its user exits: end programs, or reboot the guest",
      "   382 MiB  stop programs that pin memory: RDMA, VFIO, io_uring, direct I/O",
      "   354 MiB  freed once the memory blocks that it describes are removed",
    ]);
  });

  test("a size that is plugged already is nothing to do", () => {
    const prediction = idleGuest({ requestedSize: 2 * GiB });
    expect(lines(prediction)[0]).toBe("Nothing to do: 2 GiB are plugged, as requested.");
  });

  test("less than a subblock short counts as reached", () => {
    const prediction = idleGuest({ requestedSize: 3 * MiB });
    expect(lines(prediction)[0]).toBe("Reached: all 2045 MiB are unplugged.");
  });

  test("memory that stays offline is named after a growth", () => {
    const grown = drawnPrediction(["+".repeat(64)], { requestedSize: 128 * MiB });
    const memoryBlocks = grown.memoryBlocks.map((block) => ({
      ...block,
      state: "offline" as const,
    }));
    expect(lines({ ...grown, memoryBlocks })).toEqual(
      expect.arrayContaining([
        "128 MiB of what is plugged stays offline: programs cannot use it until it is",
        "  brought online (memhp_default_state, or the state files in sysfs).",
      ]),
    );
  });

  test("movable memory gets no advice to online it as movable", () => {
    expect(lines(pinnedGuest()).slice(-2)).toEqual([
      "Suggestions",
      "  346 MiB  stop programs that pin memory: RDMA, VFIO, io_uring, direct I/O",
    ]);
  });

  test("a device that refuses is named, and why the rest was not tried", () => {
    const refused = { type: "UNPLUG", offset: 0, nbBlocks: 1, response: "BUSY" } as const;
    const text = lines({ ...MOVABLE, requests: [refused, refused] });
    expect(text).toContain("  #  128 MiB were not tried: the device refused");
    expect(text).toContain("The device refused 2 requests (BUSY).");
  });

  test("a memory block off the region's grid shows the part that is there", () => {
    const text = lines(
      drawnPrediction(["s."], { regionStart: 4 * GiB + 64 * MiB, regionSize: GiB }),
    );
    expect(text).toContain("  32  s 64 MiB");
    expect(text).toContain("  33 .-");
  });

  describe.each(SAMPLES)("of %s", (_, prediction) => {
    test.each([40, 60, 80, 132, 250])("fits %d columns", (columns) => {
      const longest = Math.max(...lines(prediction, columns).map((line) => line.length));
      expect(longest).toBeLessThanOrEqual(columns);
    });

    test("fits one screen of 80 columns and 40 lines", () => {
      expect(lines(prediction).length).toBeLessThan(40);
    });

    test("is plain ASCII with nothing undefined in it", () => {
      const text = predictionText(prediction, { columns: 80, color: false });
      expect(text).toMatch(/^[\n -~]*$/);
      expect(text).not.toMatch(/NaN|undefined|null|Infinity| $/m);
    });

    test("says the same with colours, and ends each of them", () => {
      const plain = predictionText(prediction, { columns: 80, color: false });
      const coloured = predictionText(prediction, { columns: 80, color: true });
      // eslint-disable-next-line no-control-regex -- these are the escape codes
      const codes = /\u001b\[[\d;]*m/g;
      expect(coloured.replace(codes, "").replace(/ +$/gm, "")).toBe(plain);
      for (const line of coloured.split("\n")) {
        expect(line.match(codes)?.at(-1) ?? "\u001b[0m").toBe("\u001b[0m");
      }
    });
  });

  test("a low screen gets a coarser map, not fewer words", () => {
    const text = predictionText(pinnedGuest(), { columns: 80, color: false, rows: 24 });
    expect(text).toContain("Map: a character per memory block (128 MiB)");
    expect(text).toContain("\n       0 B pppppppppp......\n");
  });

  test("16 TiB take moments", { timeout: 120_000 }, () => {
    const prediction = largeGuest(16 * TiB, 16 * TiB);
    const start = performance.now();
    const text = predictionText(prediction, { columns: 80, color: false });
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(text.length).toBeLessThan(40 * 81);
  });
});
