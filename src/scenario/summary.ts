import type { OrderOutcome, Sample, ScenarioEvent, ScenarioSummary } from "./result.js";

const GIB = 1024 ** 3;
const MS_PER_MINUTE = 60_000;

/**
 * Figures for a whole run from its samples and events. The last sample is of its end.
 *
 * @param names - of the devices.
 */
export function summarize(
  samples: readonly Sample[],
  events: readonly ScenarioEvent[],
  requests: number,
  names: readonly string[],
): ScenarioSummary {
  const last = samples.at(-1);
  if (last === undefined) throw new Error("a run has at least one sample");
  return {
    requestedSize: last.requestedSize,
    pluggedSize: last.pluggedSize,
    usedSize: last.usedSize,
    peakPluggedSize: largest(samples, ({ pluggedSize }) => pluggedSize),
    peakUsedSize: largest(samples, ({ usedSize }) => usedSize),
    pluggedGibMinutes: gibMinutes(samples),
    retries: last.retries,
    requests,
    attempts: last.attempts,
    failedAttempts: last.failedAttempts,
    migratedPages: last.migratedPages,
    droppedPages: last.droppedPages,
    failedAllocations: last.failedAllocations,
    oomKills: events.filter(({ type }) => type === "oom-kill").length,
    panicked: events.some(({ type }) => type === "panic"),
    orders: orderOutcomes(events, last, names),
  };
}

function largest(samples: readonly Sample[], of: (sample: Sample) => number): number {
  return samples.reduce((most, sample) => Math.max(most, of(sample)), 0);
}

/** Each sample counts until the next one. */
function gibMinutes(samples: readonly Sample[]): number {
  let byteMs = 0;
  for (const [at, sample] of samples.entries()) {
    const next = samples[at + 1];
    if (next !== undefined) byteMs += sample.pluggedSize * (next.atMs - sample.atMs);
  }
  return byteMs / GIB / MS_PER_MINUTE;
}

function orderOutcomes(
  events: readonly ScenarioEvent[],
  last: Sample,
  names: readonly string[],
): OrderOutcome[] {
  const outcomes: OrderOutcome[] = [];
  for (const [at, event] of events.entries()) {
    if (event.type !== "order") continue;
    const { device, atMs, requestedSize } = event;
    let reachedAfterMs: number | null = null;
    let pluggedSize: number | undefined;
    let isLast = true;
    for (const later of events.slice(at + 1)) {
      if (!("device" in later) || later.device !== device) continue;
      if (later.type === "order") {
        isLast = false;
        break;
      }
      if (later.type === "gave-up") pluggedSize = later.pluggedSize;
      if (later.type !== "reached" || reachedAfterMs !== null) continue;
      reachedAfterMs = later.atMs - atMs;
      pluggedSize = later.requestedSize;
    }
    const atEnd = last.devices[names.indexOf(device)]?.pluggedSize ?? 0;
    outcomes.push({
      device,
      atMs,
      requestedSize,
      reachedAfterMs,
      pluggedSize: isLast ? atEnd : (pluggedSize ?? atEnd),
    });
  }
  return outcomes;
}
