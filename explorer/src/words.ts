// Words that the views share.

import { formatDuration } from "../../src/units.js";
import { FATE_STYLES } from "../../src/report/fate-style.js";
import { Moment, type Timeline } from "./engine/protocol.js";
import { FATE_NAMES } from "./map/colours.js";

export { formatCount, formatDuration, formatRoughSize, formatSize } from "../../src/units.js";

export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/** One event of a timeline in a line. */
export function eventWords(timeline: Timeline, at: number): string {
  const { kind, cell, cells, region, value, reason, pfn } = timeline;
  const where = placeWords(region, cell[at] ?? 0, cells[at] ?? 0);
  switch (kind[at]) {
    case Moment.Plug:
      return `plugs ${where}`;
    case Moment.Unplug:
      return `unplugs ${where}`;
    case Moment.Refused:
      return `the device refuses ${where}`;
    case Moment.Taken:
      return `takes ${where}${movedWords(value[at] ?? 0)}`;
    case Moment.Failed: {
      const fate = FATE_NAMES[reason[at] ?? 0] ?? "other";
      const page = (pfn[at] ?? -1) < 0 ? "" : `, pfn ${pfn[at] ?? 0}`;
      return `fails on ${where}: ${FATE_STYLES[fate].label}${page}${movedWords(value[at] ?? 0)}`;
    }
    case Moment.RunStart:
      return "the driver's run begins";
    case Moment.RunEnd:
      return "the driver's run ends";
    case Moment.Retry:
      return `the driver will retry at ${formatDuration(value[at] ?? 0)}`;
    case Moment.Requested:
      return "the host requests a size";
    default:
      return "";
  }
}

function movedWords(pages: number): string {
  return pages === 0 ? "" : `, ${pages} pages moved`;
}

/** `memory block 32, subblock 5`. */
export function placeWords(region: Timeline["region"], cell: number, cells: number): string {
  const { block, within } = addressOf(region, cell);
  if (cells > 1) return `${cells} subblocks from memory block ${block}, subblock ${within}`;
  return `memory block ${block}, subblock ${within}`;
}

/** Where a cell lies. */
export function addressOf(
  { regionStart, cellSize, memoryBlockSize }: Timeline["region"],
  cell: number,
) {
  const address = regionStart + cell * cellSize;
  const block = Math.floor(address / memoryBlockSize);
  const within = Math.floor((address - block * memoryBlockSize) / cellSize);
  return { address, block, within };
}
