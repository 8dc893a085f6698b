import type { Comparison, FigureName } from "../compare/comparison.js";
import { formatCount, formatDuration, formatRoughSize } from "../units.js";

/** How a figure of a comparison is shown. */
export interface FigureColumn {
  readonly figure: FigureName;
  /** Over a plot, beside a line of a table. */
  readonly title: string;
  readonly format: (value: number | null) => string;
  /** Is less of it better? */
  readonly less: boolean;
}

const size = (value: number | null): string => (value === null ? "-" : formatRoughSize(value));
const time = (value: number | null): string => (value === null ? "never" : formatDuration(value));
const count = (value: number | null): string => (value === null ? "-" : formatCount(value));

const COLUMNS: readonly FigureColumn[] = [
  {
    figure: "returnedSize",
    title: "Memory returned",
    format: size,
    less: false,
  },
  { figure: "to50Ms", title: "Time to 50 %", format: time, less: true },
  { figure: "to90Ms", title: "Time to 90 %", format: time, less: true },
  { figure: "to100Ms", title: "Time to 100 %", format: time, less: true },
  { figure: "movedPages", title: "Pages moved", format: count, less: true },
  { figure: "failedAttempts", title: "Failed attempts", format: count, less: true },
  {
    figure: "failedAllocations",
    title: "Allocation failures",
    format: count,
    less: true,
  },
  { figure: "oomKills", title: "Programs killed", format: count, less: true },
  { figure: "panickedMs", title: "Guest panicked after", format: time, less: false },
  {
    figure: "largestFreeRun",
    title: "Largest free run",
    format: size,
    less: false,
  },
  { figure: "scannedPages", title: "Pages scanned", format: count, less: true },
  { figure: "droppedPages", title: "Pages dropped", format: count, less: true },
];

/** The figures to show: those of the second rank only where some run has them. */
export function columnsOf({ policies }: Comparison): readonly FigureColumn[] {
  const optional = new Set<FigureName>(["scannedPages", "droppedPages", "oomKills", "panickedMs"]);
  return COLUMNS.filter(
    ({ figure }) =>
      !optional.has(figure) ||
      policies.some(({ runs }) => runs.some((run) => run[figure] !== 0 && run[figure] !== null)),
  );
}
