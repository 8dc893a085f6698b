import { geometricMean } from "./measure/statistics.js";
import type { Row } from "./row.js";
import { SEQUENCES } from "./sequences/all.js";
import { meanRatio } from "./sequences/report.js";
import { markdownTable } from "./table.js";
import { sizeText, timeText } from "./units.js";
import { GIB, LARGEST, TIB } from "./workloads/workload.js";

/** What the engine is meant to reach, and what it did. */
export interface Target {
  readonly what: string;
  readonly target: string;
  readonly measured: string;
  readonly isMet: boolean;
}

/** What was measured, by name. */
class Measured {
  readonly #rows: readonly Row[];
  readonly coreBytes: number;

  constructor(rows: readonly Row[], coreBytes: number) {
    this.#rows = rows;
    this.coreBytes = coreBytes;
  }

  find(workload: string, pages: number, contender = "core"): Row | undefined {
    return this.#rows.find(
      (row) => row.workload === workload && row.pages === pages && row.contender === contender,
    );
  }

  sequences(pages: number): Row[] {
    return this.#rows.filter((row) => row.pages === pages && SEQUENCES.includes(row.workload));
  }
}

const atMost = (what: string, limit: number, value: number, text = format): Target => ({
  what,
  target: `<= ${text(limit)}`,
  measured: text(value),
  isMet: value <= limit,
});
const atLeast = (what: string, limit: number, value: number, text = format): Target => ({
  what,
  target: `>= ${text(limit)}`,
  measured: text(value),
  isMet: value >= limit,
});

function format(value: number): string {
  return String(Number(value.toPrecision(3)));
}

const withUnit = (unit: string) => (value: number) => `${format(value)} ${unit}`;
const factor = (value: number): string => `${format(value)} x`;

const SEQUENCE_PAGES = 64 * GIB;
const BULK = ["bulk_alloc_o0", "bulk_free_o0", "bulk_alloc_o9", "bulk_free_o9"];
const MIXED = ["mixed_alloc", "mixed_free", "mixed_contig", "mixed_look"];
const SEARCHES = ["bitmap_first", "bitmap_count", "bitmap_longest", "bitmap_longest_short"];

/** Each gives its targets, or none where it was not measured. */
const RULES: readonly ((measured: Measured) => Target[])[] = [
  (all) => {
    const rows = all.sequences(SEQUENCE_PAGES);
    const native = meanRatio(rows, "core", "native-clang");
    const typescript = meanRatio(rows, "typescript", "core");
    return [
      ...optional(native, (ratio) =>
        atMost("eleven sequences, full core against bare C by clang -O3", 1.6, ratio, factor),
      ),
      ...optional(typescript, (ratio) =>
        atLeast("eleven sequences, faster than bare TypeScript", 1.4, ratio, factor),
      ),
    ];
  },
  (all) => {
    const ratios = BULK.flatMap((name) => {
      const called = all.find(name, SEQUENCE_PAGES, "core-call");
      const inside = all.find(name, SEQUENCE_PAGES);
      return called && inside ? [called.nsPerOp / inside.nsPerOp] : [];
    });
    const hot = all.find("hot_o0", SEQUENCE_PAGES, "core-call");
    return [
      ...(ratios.length === 0
        ? []
        : [atMost("one call per operation, bulk (mean)", 2, geometricMean(ratios), factor)]),
      ...optional(hot, ({ nsPerOp }) =>
        atMost("one call per operation, hot page", 6, nsPerOp, timeText),
      ),
    ];
  },
  (all) =>
    optional(all.find("fill_fresh", TIB), ({ nsPerOp }) =>
      atLeast("fill of fresh memory", 100, 1e6 / nsPerOp / GIB, withUnit("GiB/ms")),
    ),
  (all) =>
    optional(all.find("contig_page", 64 * GIB), ({ nsPerOp }) =>
      atLeast("migrated pages", 20, 1000 / nsPerOp, withUnit("million/s")),
    ),
  (all) =>
    optional(all.find("refused", 64 * GIB), ({ nsPerOp }) =>
      atLeast("refused attempts", 5, 1000 / nsPerOp, withUnit("million/s")),
    ),
  (all) =>
    optional(all.find("removable", TIB), ({ nsPerOp }) =>
      atMost("which subblocks could go, 1 TiB", 1e6, nsPerOp, timeText),
    ),
  (all) =>
    optional(all.find("removable", LARGEST), ({ nsPerOp }) =>
      atMost("which subblocks could go, 16 TiB", 16e6, nsPerOp, timeText),
    ),
  (all) =>
    ["native-gcc", "native-clang"].flatMap((native) => {
      const ratios = SEARCHES.flatMap((name) => {
        const core = all.find(name, TIB);
        const other = all.find(name, TIB, native);
        return core && other ? [core.nsPerOp / other.nsPerOp] : [];
      });
      if (ratios.length === 0) return [];
      const what = `searches of 2^28 bits, the worst against ${native}`;
      return [atMost(what, 1.3, Math.max(...ratios), factor)];
    }),
  (all) =>
    optional(all.find("idle", LARGEST), (row) => [
      wallAtMost("16 TiB idle: create, plug, unplug", 2e9, row),
      atMost("16 TiB idle: process memory", 400 * 2 ** 20, row.peakBytes, sizeText),
    ]),
  (all) => {
    const ratios = MIXED.flatMap((name) => {
      const large = all.find(name, TIB);
      const small = all.find(name, 64 * GIB);
      return large && small ? [large.nsPerOp / small.nsPerOp] : [];
    });
    const row = all.find("mixed_alloc", TIB);
    return [
      ...optional(row, ({ bytesPerPage, pages }) =>
        atMost("1 TiB all mixed: linear memory", 1.4 * 2 ** 30, bytesPerPage * pages, sizeText),
      ),
      ...(ratios.length === 0
        ? []
        : [atMost("1 TiB all mixed: the worst against 64 GiB", 1.5, Math.max(...ratios), factor)]),
    ];
  },
  (all) =>
    optional(all.find("capture", TIB), (row) => [
      wallAtMost("capture of 1 TiB to a prediction", 10e9, row),
      atMost("capture of 1 TiB: process memory", 1.5 * 2 ** 30, row.peakBytes, sizeText),
    ]),
  (all) =>
    optional(all.find("start", GIB), (row) =>
      wallAtMost("start: import, compile, first guest", 30e6, row),
    ),
  (all) => [atMost("size of the release core", 96 * 1024, all.coreBytes, sizeText)],
];

/** Wall time, and beside it the CPU time: on a busy machine the two part. */
function wallAtMost(what: string, limit: number, { wallNsPerOp, nsPerOp }: Row): Target {
  const target = atMost(what, limit, wallNsPerOp, timeText);
  return { ...target, measured: `${target.measured} (CPU ${timeText(nsPerOp)})` };
}

function optional<T>(value: T | undefined, rule: (value: T) => Target | Target[]): Target[] {
  return value === undefined ? [] : [rule(value)].flat();
}

/** @param coreBytes - size of the release core. */
export function targetsOf(rows: readonly Row[], coreBytes: number): Target[] {
  const measured = new Measured(rows, coreBytes);
  return RULES.flatMap((rule) => rule(measured));
}

export function targetTable(targets: readonly Target[]): string {
  return markdownTable(
    ["what", "target", "measured", "met"],
    targets.map(({ what, target, measured, isMet }) => [
      what,
      target,
      measured,
      isMet ? "yes" : "no",
    ]),
  );
}
