import { kernelText } from "../guest/profile-from-capture.js";
import { linuxProfile, PROFILE_NAMES } from "../linux/profile.js";
import type { Prediction } from "../predict/prediction.js";
import { formatCount, formatDuration, formatRoughSize, PAGE_SIZE } from "../units.js";
import { WHAT_IF_NAMES, WHAT_IFS } from "../predict/what-if.js";
import { adviceFor, type Advice } from "./advice.js";
import { failedAdds } from "./failed-adds.js";
import { fateLabel, outcomeOf, type Outcome } from "./fate-style.js";
import { headline, intervalWords } from "./headline.js";
import { FATES, heldSize, RegionMap, sizeOf, type Fate, type RankedReason } from "./region-map.js";
import {
  firstRowOffset,
  isBigBlock,
  memoryBlockIdOf,
  memoryBlocksByRow,
  nrRows,
  rowNoun,
  rowSizeOf,
} from "./region-row.js";
import { fateMark, textMap } from "./text-map.js";
import { wrap } from "./wrap.js";

const MIN_COLUMNS = 40;

/** How a prediction is printed. */
export interface PredictionTextOptions {
  /** Width of the terminal; at least 40 are used. */
  readonly columns: number;
  /** Adds colour by escape codes; without, the text says all of it. */
  readonly color: boolean;
  /**
   * Height of the terminal in lines: the map shrinks to fit, the words do not. Default: 40.
   */
  readonly rows?: number;
  /** Lists what was tried before the request, each by itself and together. Default: false. */
  readonly whatIf?: boolean;
}

/**
 * The answer to a person at a terminal: what is unplugged, where the rest is, why, and what to do.
 *
 * Plain ASCII, no line wider than `columns`, ends with a line feed.
 *
 * @param prediction - From {@link predict}.
 * @param options - Width and height of the terminal, and whether it shows colors.
 *
 * @example
 * ```js
 * import { predict, predictionText, readCapture } from "virtio-mem-engine";
 * import { openCapture } from "virtio-mem-engine/node";
 *
 * const capture = await readCapture(await openCapture("web-server.tar.gz"));
 * const prediction = await predict(capture);
 * process.stdout.write(predictionText(prediction, { columns: 80, rows: 24, color: false }));
 * ```
 */
export function predictionText(prediction: Prediction, options: PredictionTextOptions): string {
  const columns = Math.max(MIN_COLUMNS, Math.floor(options.columns));
  const { color } = options;
  const map = new RegionMap(prediction);
  const outcome = outcomeOf(prediction);
  const page: Page = { prediction, map, outcome, columns, color };

  const head = [...title(page), "", ...facts(page), ""];
  const legend = plainLegend(page);
  const tail = [
    ...reasons(page),
    ...warnings(page),
    ...help(page),
    ...(options.whatIf === true ? whatIfs(page) : []),
  ];
  const others = head.length + legend.length + tail.length;
  const lines = Math.max(4, (options.rows ?? 40) - 1 - others);
  const drawn = textMap(prediction, map, { columns, lines, color, outcome });
  return [...head, ...drawn, ...legend, ...tail].map((line) => `${line.trimEnd()}\n`).join("");
}

interface Page {
  readonly prediction: Prediction;
  readonly map: RegionMap;
  readonly outcome: Outcome;
  readonly columns: number;
  readonly color: boolean;
}

function title({ prediction, outcome, columns, color }: Page): string[] {
  const lines = wrap(headline(prediction, outcome), columns);
  return color ? lines.map((line) => `\u001b[1m${line}\u001b[0m`) : lines;
}

function facts({ prediction, columns }: Page): string[] {
  const { requests, retries, migratedPages, droppedPages } = prediction;
  const sizes = [
    prediction.pluggedSizeBefore,
    prediction.requestedSize,
    prediction.pluggedSizeAfter,
  ];
  const words = sizes.map(formatRoughSize);
  const width = Math.max(...words.map((word) => word.length));
  const [now = "", asked = "", after = ""] = words.map((word) => word.padStart(width));
  const sure = intervalWords(prediction);
  const lines: [string, string][] = [
    ...kernelFacts(prediction),
    ["Plugged", now],
    ["Requested", asked],
    ["Predicted", sure === "" ? after : `${after}, ${sure}`],
    ...policyFacts(prediction),
  ];
  if (migratedPages > 0) lines.push(["Moved", pages(migratedPages)]);
  if (droppedPages > 0) lines.push(["Dropped", `${pages(droppedPages)} of file cache`]);
  const calls = formatCount(requests.length, "request");
  const time = formatDuration(prediction.virtualMs);
  lines.push(["Time (virtual)", `${time}, ${calls} to the device`]);
  if (retries.length > 0) lines.push(["Retries", `after ${retryTimes(retries)}`]);
  return lines.flatMap(([name, value]) => wrap(value, columns, `  ${name.padEnd(16)}`));
}

function kernelFacts({ kernel }: Prediction): [string, string][] {
  return kernel === null ? [] : [["Kernel", kernelText(kernel)]];
}

/** The policy, what it paid for looking and what it left out; nothing where Linux decided. */
function policyFacts({ policy, profile, cost, obstacles }: Prediction): [string, string][] {
  if (isLinuxPolicy({ policy, profile })) return [];
  const facts: [string, string][] = [["Policy", policy]];
  if (cost.scannedPages > 0) facts.push(["Scanned", pages(cost.scannedPages)]);
  facts.push(["Failed", formatCount(cost.failedAttempts, "attempt")]);
  const leftOut = obstacles.filter(({ tries }) => tries === 0).length;
  if (leftOut > 0)
    facts.push(["Left out", `${formatCount(leftOut, "subblock")} seen to be blocked`]);
  return facts;
}

function isLinuxPolicy({ policy, profile }: Pick<Prediction, "policy" | "profile">): boolean {
  const version = PROFILE_NAMES.find((name) => name === profile);
  return version !== undefined && policy === linuxProfile(version).driver.unplugPolicy;
}

function pages(count: number): string {
  return `${formatCount(count, "page")} (${formatRoughSize(count * PAGE_SIZE)})`;
}

function retryTimes(retries: readonly number[]): string {
  const shown = retries.slice(0, 3).map(formatDuration).join(", ");
  return retries.length > 3 ? `${shown} and ${formatCount(retries.length - 3)} more` : shown;
}

/** The marks that the list of reasons does not explain. */
function plainLegend({ map, outcome, color, columns }: Page): string[] {
  if (map.usedEnd === 0) return [];
  const listed = new Set<Fate>(shownReasons(map).map((reason) => reason.group));
  const entries = FATES.filter((fate) => sizeOf(map.total, fate) > 0 && !listed.has(fate)).map(
    (fate) => ({ fate, label: fateLabel(fate, outcome) }),
  );
  const lines: string[] = [];
  let width = Infinity;
  for (const { fate, label } of entries) {
    const length = label.length + 5;
    if (width + length > columns) {
      lines.push(" ");
      width = 1;
    }
    lines.push(`${lines.pop() ?? ""} ${fateMark(fate, color)} ${label}  `);
    width += length;
  }
  return lines;
}

function shownReasons(map: RegionMap): readonly RankedReason[] {
  return map.reasons.length > 6 ? map.reasons.slice(0, 5) : map.reasons;
}

function reasons(page: Page): string[] {
  const { prediction, map, outcome, columns, color } = page;
  const noun = isBigBlock(prediction) ? "big block" : "subblock";
  const untried = outcome === "shrink-short" ? sizeOf(map.total, "stays") : 0;
  if (map.reasons.length === 0 && untried === 0) return [];
  const lines = ["", outcome === "shrunk" ? "Blocked on the way" : "What could not be unplugged"];
  const shown = shownReasons(map);
  for (const { group, heldBy, size, subblocks } of shown) {
    const held = `(${formatRoughSize(size)}) ${subblocks === 1 ? "is" : "are"} held by ${heldBy}`;
    lines.push(...marked(group, `${formatCount(subblocks, noun)} ${held}`, columns, color));
  }
  const rest = map.reasons.slice(shown.length);
  if (rest.length > 0) {
    const size = rest.reduce((sum, reason) => sum + reason.size, 0);
    lines.push(`     ${formatRoughSize(size)} for ${String(rest.length)} other reasons`);
  }
  if (untried > 0) {
    const text = `${formatRoughSize(untried)} were not tried: ${whyNotTried(page)}`;
    lines.push(...marked("stays", text, columns, color));
  }
  if (map.reasons.length > 0) lines.push(...wrap(worstRows(page), columns, "     "));
  return lines;
}

/** Wrapped before it is coloured, so that escape codes take no room. */
function marked(fate: Fate, text: string, columns: number, color: boolean): string[] {
  const [first = "", ...rest] = wrap(text, columns, "     ");
  return [`  ${fateMark(fate, color)}${first.slice(3)}`, ...rest];
}

function whyNotTried({ prediction, map }: Page): string {
  if (sizeOf(map.total, "memory") > 0) return "the driver stopped where memory ran out";
  if (prediction.requests.some((request) => request.response !== "ACK"))
    return "the device refused";
  return isLinuxPolicy(prediction)
    ? "the driver did not get to them"
    : `policy ${prediction.policy} left them out`;
}

function worstRows({ prediction, map }: Page): string {
  const rowSize = rowSizeOf(prediction);
  const worst: { id: number; size: number }[] = [];
  for (let i = 0; i < nrRows(prediction, map.usedEnd); i++) {
    const start = firstRowOffset(prediction) + i * rowSize;
    const size = heldSize(map.tally(start, start + rowSize));
    if (size > 0) worst.push({ id: memoryBlockIdOf(prediction, i), size });
  }
  worst.sort((a, b) => b.size - a.size || a.id - b.id);
  const names = worst.slice(0, 3).map(({ id, size }) => `${id} (${formatRoughSize(size)})`);
  const noun = rowNoun(prediction);
  if (worst.length === 1) return `all in ${noun} ${names.join("")}`;
  if (worst.length <= 3) return `all in ${noun}s ${names.join(", ")}`;
  return `in ${formatCount(worst.length, noun)}, most in ${names.join(", ")}`;
}

function warnings({ prediction, map, outcome, columns }: Page): string[] {
  const texts: string[] = [];
  if (sizeOf(map.total, "memory") > 0) {
    texts.push(
      "Careful: the guest has no room left for what is in use. Shrinking on can make Linux end " +
        "programs (out-of-memory killer).",
    );
  }
  for (const { offset, nbBlocks, tries } of failedAdds(prediction.requests).slice(0, 2)) {
    const size = formatRoughSize(nbBlocks * prediction.deviceBlockSize);
    const id = Math.floor((prediction.regionStart + offset) / prediction.memoryBlockSize);
    texts.push(
      `Adding memory block ${id} (${size}) failed ${tries === 1 ? "once" : `${formatCount(tries)} times`}: it was ` +
        "plugged, Linux had no room for its memmap (struct pages), the driver gave it back.",
    );
  }
  const refused = prediction.requests.filter((request) => request.response !== "ACK");
  if (refused.length > 0) {
    const kinds = [...new Set(refused.map((request) => request.response))].sort().join(", ");
    texts.push(`The device refused ${formatCount(refused.length, "request")} (${kinds}).`);
  }
  const offline = offlineSize(prediction);
  if (offline > 0 && (outcome === "grown" || outcome === "grow-short")) {
    texts.push(
      `${formatRoughSize(offline)} of what is plugged stays offline: programs cannot use it until ` +
        "it is brought online (memhp_default_state, or the state files in sysfs).",
    );
  }
  texts.push(...prediction.notes);
  return texts.length === 0 ? [] : ["", ...texts.flatMap((text) => wrap(text, columns, "", 2))];
}

function offlineSize(prediction: Prediction): number {
  let size = 0;
  for (const block of memoryBlocksByRow(prediction).values()) {
    if (block.state === "offline" || block.state === "offline-partial") size += block.plugged;
  }
  return size;
}

function help({ prediction, map, columns, outcome }: Page): string[] {
  if (outcome === "shrunk" || outcome === "grown" || outcome === "unchanged") return [];
  const advice = adviceFor(prediction, map, outcome).slice(0, 5);
  if (advice.length === 0) return [];
  const hasGains = advice.some(({ gain }) => gain !== undefined);
  const words = advice.map((one) => (hasGains ? gainWord(one) : sizeWord(one.size)));
  const width = Math.max(...words.map(({ length }) => length));
  return [
    "",
    hasGains ? "Suggestions, and what each returns by itself" : "Suggestions",
    ...advice.flatMap(({ text }, at) =>
      wrap(text, columns, `  ${(words[at] ?? "").padStart(width)}  `),
    ),
  ];
}

/** "-" where it was not tried. */
function gainWord({ gain }: Advice): string {
  return gain === undefined ? "-" : formatRoughSize(gain);
}

/** What was asked for by name; what the suggestions say is not said twice. */
function whatIfs({ prediction: { whatIf = [] }, columns }: Page): string[] {
  if (whatIf.length === 0) return [];
  const words = whatIf.map(({ gain }) => formatRoughSize(gain));
  const width = Math.max(...words.map(({ length }) => length));
  return [
    "",
    "What if, before the request",
    ...whatIf.flatMap(({ whatIf: names }, at) =>
      wrap(whatIfWords(names), columns, `  ${(words[at] ?? "").padStart(width)}  `),
    ),
  ];
}

function whatIfWords(names: readonly string[]): string {
  const [name = "", ...others] = names;
  if (others.length > 0) return `all together: ${names.join(", ")}`;
  const text = WHAT_IF_NAMES.find((known) => known === name);
  return text === undefined ? name : `${name}: ${WHAT_IFS[text]}`;
}

function sizeWord(size: number): string {
  return size === 0 ? "-" : formatRoughSize(size);
}
