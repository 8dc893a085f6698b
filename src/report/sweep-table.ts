import { shortNames } from "../sweep/axis.js";
import type { SweepResult, SweepRow } from "../sweep/judge.js";
import type { Spread } from "../compare/comparison.js";
import { formatCount, formatDuration, formatRoughSize } from "../units.js";

/** A column of the table of a sweep for people. */
interface Column {
  readonly title: string;
  readonly cell: (row: SweepRow) => string;
  /** Left out where no row says anything else than a dash. */
  readonly isOptional?: boolean;
}

/** The table of a sweep in words: its head, then a line per setting, the best first. */
export function sweepCells({ plan: { axes, seeds }, rows }: SweepResult): string[][] {
  const names = shortNames(axes);
  const columns: Column[] = [
    { title: "", cell: markOf },
    ...axes.map(({ path }, at): Column => ({
      title: names[at] ?? path,
      cell: ({ setting }) => String(setting[path]),
    })),
    { title: "Returned", cell: ({ returnedSize }) => spreadWords(returnedSize, formatRoughSize) },
    { title: "Killed", cell: (row) => harmed(row, row.kills, seeds.length), isOptional: true },
    {
      title: "Panicked",
      cell: ({ panicked }) => (panicked === 0 ? "-" : formatCount(panicked)),
      isOptional: true,
    },
    { title: "Pages moved", cell: ({ movedPages }) => spreadWords(movedPages, formatCount) },
    { title: "Time", cell: ({ to100Ms }) => spreadWords(to100Ms, formatDuration) },
    {
      title: "Missing",
      cell: ({ missing }) => (missing === 0 ? "-" : formatCount(missing)),
      isOptional: true,
    },
  ];
  const shown = columns.filter(
    ({ isOptional, cell }) => isOptional !== true || rows.some((row) => cell(row) !== "-"),
  );
  return [
    shown.map(({ title }) => title),
    ...rows.map((row) => shown.map(({ cell }) => cell(row))),
  ];
}

/** What the marks of the first column mean. */
export const MARKS =
  "* no other setting is as good in memory, moves and time; ! programs were killed or the guest panicked";

function markOf({ isOnFront, harmed: count }: SweepRow): string {
  return count > 0 ? "!" : isOnFront ? "*" : "";
}

function harmed({ harmed: guests }: SweepRow, kills: number, nrSeeds: number): string {
  if (kills === 0) return "-";
  return nrSeeds === 1 ? formatCount(kills) : `${formatCount(kills)} in ${guests} of ${nrSeeds}`;
}

function spreadWords({ median, least, most }: Spread, words: (value: number) => string): string {
  const word = (value: number | null): string => (value === null ? "never" : words(value));
  return least === most ? word(median) : `${word(median)} (${word(least)}-${word(most)})`;
}
