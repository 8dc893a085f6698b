import { visibleText } from "../input-error.js";
import type { OrderOutcome, ScenarioEvent, ScenarioResult } from "../scenario/result.js";
import { formatCount, formatDuration, formatRoughSize, PAGE_SIZE } from "../units.js";
import { textPlot } from "./text-plot.js";

/** How a result is printed. */
export interface ScenarioTextOptions {
  /** Characters per line. */
  readonly columns: number;
}

const PLOT_ROWS = 12;
/** Orders and events to list; the others are counted. */
const LISTED = 12;

/**
 * A run in words and a plot, for a terminal.
 *
 * @param result - From {@link runScenario}.
 * @param options - Width of the terminal.
 *
 * @example
 * ```js
 * import { runScenario, scenarioOf, scenarioText } from "virtio-mem-engine";
 *
 * const scenario = scenarioOf({ duration: "5s", device: { regionSize: "1GiB" } });
 * const result = await runScenario(scenario).result();
 * process.stdout.write(scenarioText(result, { columns: 80 }));
 * ```
 */
export function scenarioText(result: ScenarioResult, { columns }: ScenarioTextOptions): string {
  const lines = [headline(result), ""];
  if (result.title !== "") lines.unshift(result.title, "");
  lines.push(...figures(result), "", ...orders(result), ...workloads(result), ...notable(result));
  lines.push("", ...textPlot(result, columns, PLOT_ROWS));
  return lines.map((line) => `${visibleText(line)}\n`).join("");
}

/** What became of the host's last resize request. */
export function headline({ summary, interrupted, endedMs }: ScenarioResult): string {
  const { pluggedSize, requestedSize, panicked, oomKills } = summary;
  const after = formatDuration(endedMs);
  if (panicked)
    return `The guest panicked after ${after}: out of memory, and no killable processes.`;
  const state =
    pluggedSize === requestedSize
      ? `the guest has the requested ${formatRoughSize(requestedSize)}`
      : `the guest has ${formatRoughSize(pluggedSize)}, ${formatRoughSize(Math.abs(pluggedSize - requestedSize))} ${pluggedSize > requestedSize ? "more" : "less"} than the requested ${formatRoughSize(requestedSize)}`;
  const killed =
    oomKills === 0 ? "" : `; ${formatCount(oomKills, "program")} killed for lack of memory`;
  return `${interrupted ? "Interrupted after" : "After"} ${after} ${state}${killed}.`;
}

function figures({ summary, seed, policy, profile }: ScenarioResult): string[] {
  const { attempts, failedAttempts, migratedPages, droppedPages, requests, retries } = summary;
  const rows: [string, string][] = [
    [
      "Plugged",
      `${formatRoughSize(summary.pluggedSize)}, sampled peak ${formatRoughSize(summary.peakPluggedSize)}`,
    ],
    [
      "Used",
      `${formatRoughSize(summary.usedSize)}, sampled peak ${formatRoughSize(summary.peakUsedSize)}`,
    ],
    ["Over time", `${summary.pluggedGibMinutes.toFixed(1)} GiB-minutes plugged`],
    [
      "Attempts",
      `${formatCount(attempts)}${failedAttempts === 0 ? "" : `, of which ${formatCount(failedAttempts)} failed`}` +
        (retries === 0 ? "" : `; ${formatCount(retries)} ${retries === 1 ? "retry" : "retries"}`),
    ],
    [
      "Moved",
      `${formatCount(migratedPages, "page")} (${formatRoughSize(migratedPages * PAGE_SIZE)}), dropped ${formatCount(droppedPages)}`,
    ],
    ["Requests", `${formatCount(requests)} to the device`],
    ["With", `Linux ${profile}, policy ${policy}, seed ${seed}`],
  ];
  return rows.map(([name, words]) => `  ${name.padEnd(10)} ${words}`);
}

function orders(result: ScenarioResult): string[] {
  const { summary, devices } = result;
  if (summary.orders.length === 0) return [];
  const lines = summary.orders
    .slice(0, LISTED)
    .map((outcome) => order(outcome, whyNot(result, outcome), devices.length > 1));
  const more = summary.orders.length - LISTED;
  if (more > 0) lines.push(`  and ${formatCount(more)} more`);
  return ["Resize requests", ...lines, ""];
}

/**
 * Why a size was not reached, as the driver or the device said last before the next request;
 * undefined where it is not given.
 */
function whyNot({ events }: ScenarioResult, outcome: OrderOutcome): string | undefined {
  let why: string | undefined;
  for (const event of events) {
    if (event.atMs < outcome.atMs || !("device" in event)) continue;
    if (event.device !== outcome.device) continue;
    if (event.type === "order" && event.atMs > outcome.atMs) break;
    if (event.type === "gave-up" || event.type === "refused") why = event.why;
  }
  return why;
}

function order(
  { device, atMs, requestedSize, reachedAfterMs, pluggedSize }: OrderOutcome,
  why: string | undefined,
  namesDevice: boolean,
): string {
  const outcome =
    reachedAfterMs === null
      ? `not reached: ${formatRoughSize(pluggedSize)}${why === undefined ? "" : `, ${why}`}`
      : `reached after ${formatDuration(reachedAfterMs)}`;
  return `  at ${formatDuration(atMs).padStart(10)}  ${formatRoughSize(requestedSize).padStart(10)}  ${outcome}${namesDevice ? ` (${device})` : ""}`;
}

function workloads({ workloads: all }: ScenarioResult): string[] {
  if (all.length === 0) return [];
  const width = Math.min(24, Math.max(...all.map(({ name }) => name.length)));
  return [
    "Workloads",
    ...all.map(
      ({ name, state, heldSize, peakSize, kills }) =>
        `  ${name.slice(0, width).padEnd(width)}  ${state}, has ${formatRoughSize(heldSize)}, at most ${formatRoughSize(peakSize)}` +
        (kills === 0 ? "" : `, killed ${formatCount(kills, "time")}`),
    ),
  ];
}

/** Kills and panics: what an operator must know. */
function notable({ events }: ScenarioResult): string[] {
  const found = events.flatMap((event) => {
    const words = inWords(event);
    return words === undefined ? [] : [`  at ${formatDuration(event.atMs).padStart(10)}  ${words}`];
  });
  if (found.length === 0) return [];
  const more = found.length - LISTED;
  return [
    "",
    "Out of memory",
    ...found.slice(0, LISTED),
    ...(more > 0 ? [`  and ${formatCount(more)} more`] : []),
  ];
}

function inWords(event: ScenarioEvent): string | undefined {
  if (event.type === "panic") return `panic: ${event.why}`;
  if (event.type !== "oom-kill") return undefined;
  const { victim, requester, size } = event;
  return `${victim} killed, which had ${formatRoughSize(size)}; ${victim === requester ? "it" : requester} had requested more`;
}
