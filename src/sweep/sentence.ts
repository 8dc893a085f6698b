import { formatCount, formatRoughSize, parseDuration, parseSize } from "../units.js";
import { shortNames, type SweepAxis, type SweepValue } from "./axis.js";
import type { SweepResult, SweepRow } from "./judge.js";

/**
 * The answer of a sweep in sentences: which setting, what it returns, what it was bought with, and
 * whether chance decided.
 *
 * @param result - From {@link judgeSweep}.
 *
 * @example
 * ```js
 * import { judgeSweep, planSweep, sweepSentence } from "virtio-mem-engine";
 *
 * const value = { duration: "1s", device: { regionSize: "1GiB" } };
 * const subject = { kind: "scenario", name: "idle", value };
 * const plan = await planSweep(subject, { axes: [], engine: "1" });
 * console.log(sweepSentence(judgeSweep(plan, new Map()))); // No run has been made.
 * ```
 */
export function sweepSentence(result: SweepResult): string {
  const { rows, plan, missing } = result;
  const [best] = rows;
  if (best === undefined) return "No run has been made.";
  const incomplete =
    missing === 0
      ? []
      : [`${formatCount(missing)} of ${formatCount(plan.jobs.length, "run")} are missing.`];
  const sentences =
    best.harmed > 0
      ? [noneIsSafe(best, result)]
      : [limitWords(result) ?? bestWords(best, result), ...doubtWords(result)];
  return [...sentences, ...incomplete].join(" ");
}

function noneIsSafe(best: SweepRow, { plan, rows }: SweepResult): string {
  const every = rows.every(({ harmed, runs }) => harmed === runs.length);
  const head = every
    ? "Every setting kills programs or panics the guest"
    : "No setting spares the guest with every seed";
  return `${head}; the least harm is done by ${settingWords(best, plan.axes)}: ${harmWords(best)}.`;
}

function harmWords({ harmed, runs, kills, panicked }: SweepRow): string {
  const guests = runs.length === 1 ? "" : ` in ${harmed} of ${formatCount(runs.length, "guest")}`;
  const panics = panicked === 0 ? "" : `, ${formatCount(panicked, "panic")}`;
  return `${formatCount(kills, "kill")}${panics}${guests}`;
}

/** Where one axis of numbers parts the settings that harm from those that do not. */
function limitWords({ rows, plan: { axes } }: SweepResult): string | undefined {
  const [axis, ...others] = axes;
  if (axis === undefined || others.length > 0) return undefined;
  const sized = rows.map((row) => ({ row, value: magnitudeOf(row.setting[axis.path]) }));
  if (sized.some(({ value }) => value === undefined)) return undefined;
  const ordered = sized.sort((a, b) => (a.value ?? 0) - (b.value ?? 0)).map(({ row }) => row);
  const safe = ordered.map(({ harmed }) => harmed === 0);
  const changes = safe.filter((isSafe, at) => at > 0 && isSafe !== safe[at - 1]).length;
  if (changes !== 1) return undefined;
  const isUpTo = safe[0] === true;
  const limit = isUpTo ? ordered[safe.lastIndexOf(true)] : ordered[safe.indexOf(true)];
  const [best] = rows;
  if (limit === undefined || best === undefined) return undefined;
  const words =
    `${valueWords(limit, axis)} is the ${isUpTo ? "highest" : "lowest"} ${axis.path} at which no ` +
    `program is killed; it returns ${returnedWords(limit)}`;
  const isBeaten = (best.returnedSize.median ?? 0) > (limit.returnedSize.median ?? 0);
  return isBeaten
    ? `${words}. ${valueWords(best, axis)} returns most: ${returnedWords(best)}.`
    : `${words}.`;
}

function bestWords(best: SweepRow, { rows, plan }: SweepResult): string {
  const harmed = rows.filter((row) => row.harmed > 0).length;
  const safety =
    harmed === 0
      ? "no program is killed with any setting"
      : `${formatCount(harmed)} of ${formatCount(rows.length, "setting")} kill programs or panic the guest`;
  const isAlike = rows.every(
    ({ returnedSize }) => returnedSize.median === best.returnedSize.median,
  );
  if (rows.length === 1) return `${returnedWords(best)} come back; ${safety}.`;
  if (isAlike) {
    return (
      `All settings return the same, ${returnedWords(best)}; ${safety}. The fewest pages move with ` +
      `${settingWords(best, plan.axes)}.`
    );
  }
  const alike = rows.filter((row) => row !== best && isAsGood(row, best)).length;
  const others = alike === 0 ? "" : `, and as good with ${formatCount(alike, "other setting")}`;
  return (
    `Most comes back with ${settingWords(best, plan.axes)}${others}: ${returnedWords(best)}; ` +
    `${safety}.`
  );
}

/** Says where ranges over the seeds overlap so that the order of the first two is chance. */
function doubtWords({ rows, plan: { axes, seeds } }: SweepResult): string[] {
  const [best, second] = rows;
  if (seeds.length < 2) return [];
  const seedWords = `over ${formatCount(seeds.length, "seed")}`;
  if (best === undefined || second === undefined || second.harmed > 0) return [];
  const differs = best.returnedSize.median !== second.returnedSize.median;
  const overlaps = (best.returnedSize.least ?? 0) <= (second.returnedSize.most ?? 0);
  if (!differs || !overlaps) return [`That holds ${seedWords}.`];
  return [
    `The seeds do not decide between it and ${settingWords(second, axes)}: their ranges ` +
      `${seedWords} overlap.`,
  ];
}

function returnedWords({ returnedSize, askedSize }: SweepRow): string {
  const { median, least, most } = returnedSize;
  const spread =
    least === most ? "" : ` (${formatRoughSize(least ?? 0)} to ${formatRoughSize(most ?? 0)})`;
  return `${formatRoughSize(median ?? 0)} of ${formatRoughSize(askedSize)}${spread}`;
}

/** `autoMovableRatio 600, blockSize 2MiB`. */
export function settingWords(
  { setting }: Pick<SweepRow, "setting">,
  axes: readonly SweepAxis[],
): string {
  if (axes.length === 0) return "the setting";
  const names = shortNames(axes);
  return axes.map(({ path }, at) => `${names[at] ?? path} ${String(setting[path])}`).join(", ");
}

function valueWords({ setting }: SweepRow, { path }: SweepAxis): string {
  return String(setting[path]);
}

/** How large a value is, by which it can be put in order; undefined where it is a name. */
export function magnitudeOf(value: SweepValue | undefined): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return undefined;
  for (const read of [parseSize, parseDuration]) {
    try {
      return read(value);
    } catch {
      // no size, no time
    }
  }
  return undefined;
}

/** The same in all that settings are ranked by. */
function isAsGood(row: SweepRow, other: SweepRow): boolean {
  return (
    row.harmed === other.harmed &&
    row.returnedSize.median === other.returnedSize.median &&
    row.movedPages.median === other.movedPages.median &&
    row.to100Ms.median === other.to100Ms.median
  );
}
