// A prediction as the page shows it: its words are those of the report at the command line.

import type { Prediction } from "../../../src/index.js";
import { kernelText } from "../../../src/guest/profile-from-capture.js";
import { obstacleReason } from "../../../src/predict/obstacle-reason.js";
import { adviceFor } from "../../../src/report/advice.js";
import { fateLabel, outcomeOf, type Outcome } from "../../../src/report/fate-style.js";
import { headline, intervalWords } from "../../../src/report/headline.js";
import {
  FATES,
  heldSize,
  leadingFate,
  pluggedSize,
  RegionMap,
  sizeOf,
} from "../../../src/report/region-map.js";
import { rowSizeOf } from "../../../src/report/region-row.js";
import { cellsOf, regionOf } from "./geometry.js";
import type { Answer, Blocked, BlockRow, Picture, Region } from "./protocol.js";

/** Looks at a guest before and after, where there is one. */
export type Looks = Pick<Picture, "before" | "after" | "zones" | "zoneNames">;

export function answerOf(prediction: Prediction, looks: Looks = {}): Answer {
  const map = new RegionMap(prediction);
  const outcome = outcomeOf(prediction);
  const region = regionOf(prediction);
  return {
    prediction,
    headline: headline(prediction, outcome),
    interval: intervalWords(prediction),
    kernel: prediction.kernel === null ? null : kernelText(prediction.kernel),
    reasons: map.reasons,
    untried: outcome === "shrink-short" ? sizeOf(map.total, "stays") : 0,
    suggestions: suggestionsOf(prediction, map, outcome),
    blocks: blocksOf(prediction, map),
    blocked: blockedOf(prediction, region),
    picture: {
      region,
      fate: fatesOf(map, region),
      stay: staysOf(prediction, region),
      ...looks,
    },
    fateLabels: FATES.map((fate) => fateLabel(fate, outcome)),
  };
}

function suggestionsOf(prediction: Prediction, map: RegionMap, outcome: Outcome) {
  if (outcome === "shrunk" || outcome === "grown" || outcome === "unchanged") return [];
  return adviceFor(prediction, map, outcome).map(({ size, gain, text }) => ({
    size,
    gain: gain ?? null,
    text,
  }));
}

function fatesOf(map: RegionMap, { cells, cellSize }: Region): Uint8Array {
  const whole = map.fates();
  if (map.deviceBlockSize === cellSize) return whole.slice(0, cells);
  return Uint8Array.from({ length: cells }, (_, cell) =>
    FATES.indexOf(leadingFate(map.tally(cell * cellSize, (cell + 1) * cellSize))),
  );
}

function staysOf({ stays }: Prediction, region: Region): Uint8Array {
  const chances = new Uint8Array(region.cells);
  for (const { offset, size, probability } of stays) {
    const { first, count } = cellsOf(region, offset, size);
    // certainty is for that alone
    const byte = probability >= 1 ? 255 : Math.min(254, Math.ceil(probability * 255));
    for (let cell = first; cell < first + count; cell++) {
      chances[cell] = Math.max(chances[cell] ?? 0, byte);
    }
  }
  return chances;
}

function blockedOf(prediction: Prediction, region: Region): Blocked[] {
  return prediction.obstacles.map((obstacle) => {
    const { first, count } = cellsOf(region, obstacle.offset, obstacle.size);
    return {
      cell: first,
      cells: count,
      pfn: obstacle.pfn,
      class: obstacle.class,
      stage: obstacle.stage,
      tries: obstacle.tries,
      ...obstacleReason(obstacle),
    };
  });
}

/** Memory blocks that were or are plugged, in address order. */
function blocksOf(prediction: Prediction, map: RegionMap): BlockRow[] {
  const rowSize = rowSizeOf(prediction);
  const states = new Map(prediction.memoryBlocks.map((block) => [block.id, block]));
  const first = -(prediction.regionStart % rowSize);
  const rows: BlockRow[] = [];
  for (let offset = first; offset < map.usedEnd; offset += rowSize) {
    const tally = map.tally(offset, offset + rowSize);
    const pluggedAfter = pluggedSize(tally);
    const returned = sizeOf(tally, "given-back") + sizeOf(tally, "unsure");
    const pluggedBefore = pluggedAfter - sizeOf(tally, "added") + returned;
    if (pluggedAfter + pluggedBefore === 0) continue;
    const id = Math.floor((prediction.regionStart + offset) / prediction.memoryBlockSize);
    const block = states.get(id);
    const held = heldSize(tally);
    rows.push({
      id,
      offset,
      state: block?.state ?? "unused",
      zone: block?.zone ?? null,
      pluggedBefore,
      pluggedAfter,
      held,
      mostly: held > 0 ? leadingFate(tally) : "",
    });
  }
  return rows;
}
