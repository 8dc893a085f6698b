import { visibleText } from "../input-error.js";
import { formatCount, formatRoughSize } from "../units.js";
import type { FleetAnswer, FleetRow } from "./fleet-row.js";
import { wrap } from "./wrap.js";

const MIN_COLUMNS = 60;
/** Names are cut down to this many characters where the other columns take the rest. */
const SHORTEST_NAME = 8;
/** Spaces between two columns. */
const GAP = 2;

/** How a fleet is printed. */
export interface FleetTextOptions {
  /** Width of the terminal; at least 60 are used. */
  readonly columns: number;
}

/**
 * A fleet as a table in the order of the rows: what comes back of each device, and below it what
 * holds the rest and what to do. Ends with a line feed.
 *
 * @param rows - A row per device, in the order in which they are printed.
 * @param options - Width of the terminal.
 *
 * @example
 * ```js
 * import { fleetRow, fleetText, predict, readCapture } from "virtio-mem-engine";
 * import { openCapture } from "virtio-mem-engine/node";
 *
 * const capture = await readCapture(await openCapture("web-server.tar.gz"));
 * const row = fleetRow("web-server", "web-server.tar.gz", await predict(capture));
 * process.stdout.write(fleetText([row], { columns: 80 }));
 * ```
 */
export function fleetText(rows: readonly FleetRow[], options: FleetTextOptions): string {
  const columns = Math.max(MIN_COLUMNS, options.columns);
  const several = guestsWithSeveral(rows);
  const table = [
    ["Guest", "Kernel", "Plugged", "Comes back", "Interval", "Stays"],
    ...rows.map((row) => cellsOf(row, several.has(row.guest))),
  ];
  const widths = (table[0] ?? []).map((_, at) =>
    Math.max(...table.map((cells) => (cells[at] ?? "").length)),
  );
  const others = widths.slice(1).reduce((sum, width) => sum + GAP + width, 0);
  widths[0] = Math.min(widths[0] ?? 0, Math.max(SHORTEST_NAME, columns - others));
  const lines = [...wrap(summaryOf(rows), columns), ""];
  for (const [at, cells] of table.entries()) {
    lines.push(joined(cells, widths));
    const row = rows[at - 1];
    if (row !== undefined) lines.push(...detailsOf(row, columns));
  }
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

/** Guests of which several devices are in the table: their rows say which one. */
function guestsWithSeveral(rows: readonly FleetRow[]): Set<string> {
  const names = rows.map(({ guest }) => guest);
  return new Set(names.filter((name, at) => names.indexOf(name) !== at));
}

/** Names and versions start at the left, numbers end at the right. */
function joined(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, at) => {
      const width = widths[at] ?? 0;
      if (cell.length > width) return `${cell.slice(0, width - 3)}...`;
      return at < 2 ? cell.padEnd(width) : cell.padStart(width);
    })
    .join(" ".repeat(GAP));
}

function cellsOf({ guest, device, answer }: FleetRow, isOneOfSeveral: boolean): string[] {
  const name = visibleText(isOneOfSeveral && device !== null ? `${guest} ${device}` : guest);
  if (answer === null) return [name, "-", "-", "-", "-", "-"];
  return [
    name,
    answer.profile,
    formatRoughSize(answer.pluggedSizeBefore),
    returnedWords(answer),
    intervalOf(answer),
    answer.shortSize === 0 ? "-" : formatRoughSize(answer.shortSize),
  ];
}

function returnedWords({ returnedSize }: FleetAnswer): string {
  const size = formatRoughSize(Math.abs(returnedSize));
  return returnedSize < 0 ? `grows ${size}` : size;
}

/** Of what comes back, as the column before it; one unit where both ends have the same. */
function intervalOf({ interval: [low, high], pluggedSizeBefore }: FleetAnswer): string {
  if (low === high) return "-";
  const [from, to] = [pluggedSizeBefore - high, pluggedSizeBefore - low].map(formatRoughSize);
  const [number, unit] = (from ?? "").split(" ");
  return to?.endsWith(` ${unit ?? ""}`) === true
    ? `${number ?? ""}-${to}`
    : `${from ?? ""}-${to ?? ""}`;
}

function detailsOf({ answer, error }: FleetRow, columns: number): string[] {
  if (answer === null) return wrap(`cannot be used: ${error ?? ""}`, columns, "    ");
  const [blocker] = answer.blockers;
  if (answer.shortSize === 0 || blocker === undefined) return [];
  const held = `${formatRoughSize(blocker.size)} held by ${blocker.heldBy}`;
  const [suggestion] = answer.suggestions;
  if (suggestion === undefined) return wrap(held, columns, "    ");
  const { gain, text } = suggestion;
  const returns = gain === null ? "" : ` (returns ${formatRoughSize(gain)})`;
  return wrap(`${held}: ${text}${returns}`, columns, "    ");
}

/** The fleet in a sentence or two. */
function summaryOf(rows: readonly FleetRow[]): string {
  const answers = rows.flatMap(({ answer }) => (answer === null ? [] : [answer]));
  const shrinking = answers.filter(
    ({ requestedSize, pluggedSizeBefore }) => requestedSize < pluggedSizeBefore,
  );
  const returned = shrinking.reduce((sum, { returnedSize }) => sum + returnedSize, 0);
  const asked = shrinking.reduce(
    (sum, { requestedSize, pluggedSizeBefore }) => sum + pluggedSizeBefore - requestedSize,
    0,
  );
  const whole = answers.filter(({ shortSize }) => shortSize === 0).length;
  const unusable = rows.length - answers.length;
  const parts = [
    `${formatCount(answers.length, "device")} of ${formatCount(guestsOf(rows), "guest")}`,
  ];
  if (shrinking.length > 0) {
    parts.push(`${formatRoughSize(returned)} of ${formatRoughSize(asked)} come back`);
  }
  parts.push(`${formatCount(whole)} reach what is requested`);
  if (unusable > 0) parts.push(`${formatCount(unusable, "capture")} cannot be used`);
  return `${parts.join("; ")}.`;
}

function guestsOf(rows: readonly FleetRow[]): number {
  return new Set(rows.map(({ guest }) => guest)).size;
}
