import { visibleText } from "../input-error.js";

/** What a cell can hold; null and undefined are empty ones. */
export type CsvCell = string | number | boolean | null | undefined;

/** A table as CSV (RFC 4180, lines end in a line feed). */
export function csvTable(head: readonly string[], rows: readonly (readonly CsvCell[])[]): string {
  return [head, ...rows].map((cells) => `${cells.map(csvCell).join(",")}\n`).join("");
}

function csvCell(value: CsvCell): string {
  const cell = value === null || value === undefined ? "" : visibleText(String(value));
  return /[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
