import { FIGURE_COLUMNS, type SweepResult } from "../sweep/judge.js";
import { csvTable } from "./csv.js";

/**
 * A sweep as CSV: a line per run, settings and seeds in the order of the plan; sizes in bytes,
 * times in virtual milliseconds. Runs that are missing have empty figures.
 *
 * @param result - From judgeSweep().
 *
 * @example
 * ```js
 * import { judgeSweep, planSweep, sweepCsv } from "virtio-mem-engine";
 *
 * const value = { duration: "1s", device: { regionSize: "1GiB" } };
 * const subject = { kind: "scenario", name: "idle", value };
 * const plan = await planSweep(subject, { axes: [], engine: "1" });
 * process.stdout.write(sweepCsv(judgeSweep(plan, new Map())));
 * ```
 */
export function sweepCsv({ plan, rows }: SweepResult): string {
  const { axes, settings, seeds } = plan;
  const rowOf = new Map(rows.map((row) => [row.at, row]));
  const head = [...axes.map(({ path }) => path), "seed", "on_front", ...FIGURE_COLUMNS.keys()];
  const lines = settings.flatMap((setting, at) => {
    const row = rowOf.get(at);
    return seeds.map((seed, nr) => {
      const figures = row?.bySeed[nr];
      return [
        ...axes.map(({ path }) => setting[path]),
        seed,
        row === undefined ? null : Number(row.isOnFront),
        ...[...FIGURE_COLUMNS.values()].map((of) => (figures === undefined ? null : of(figures))),
      ];
    });
  });
  return csvTable(head, lines);
}
