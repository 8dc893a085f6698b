import type { Guest } from "../guest/guest.js";
import { nsOf } from "../units.js";
import { optionError, shown } from "../input-error.js";
import { runScenario, type RunScenarioOptions } from "./run.js";
import type { Scenario } from "./scenario.js";

/**
 * The guest of a scenario at a moment of its virtual time, page by page: the scenario is run up
 * to there, in the midst of a driver's run, too. It is the guest that the run had, bit for bit.
 *
 * @param scenario - From {@link parseScenario} or {@link scenarioOf}.
 * @param atMs - Milliseconds of virtual time since the start; at most its end counts.
 * @param options - As for {@link runScenario}.
 * @returns The guest, to look at; it does not go on. One that has panicked is as it was then.
 * @throws RangeError if `atMs` is no time; what runScenario() throws; the reason of `signal`.
 *
 * @example
 * ```js
 * import { formatSize, scenarioGuestAt, scenarioOf } from "virtio-mem-engine";
 *
 * const scenario = scenarioOf({
 *   duration: "10s",
 *   device: { regionSize: "4GiB" },
 *   host: [{ at: "1s", requestedSize: "2GiB" }],
 * });
 * const before = await scenarioGuestAt(scenario, 999);
 * const after = await scenarioGuestAt(scenario, 9000);
 * console.log([before, after].map(({ device }) => formatSize(device.pluggedSize)).join(", "));
 * // 0 B, 2 GiB
 * ```
 */
export async function scenarioGuestAt(
  scenario: Scenario,
  atMs: number,
  options: RunScenarioOptions = {},
): Promise<Guest> {
  if (!(atMs >= 0 && atMs < 9e9)) {
    throw optionError(`atMs must be a time from 0 to 104 days in milliseconds, got ${shown(atMs)}`);
  }
  const atNs = nsOf(atMs);
  const { signal } = options;
  signal?.throwIfAborted();
  let guest: Guest | undefined;
  // by a signal, because a run that is stopped lets its workloads catch up for a last sample
  const end = new AbortController();
  const pass = (): void => {
    end.abort(signal?.reason);
  };
  signal?.addEventListener("abort", pass);
  const run = runScenario(scenario, {
    ...options,
    signal: end.signal,
    watch: (one) => {
      guest = one;
      options.watch?.(one);
      if (atNs < one.clock.nowNs) return;
      one.clock.setTimer(atNs, () => {
        end.abort();
      });
    },
  });
  try {
    await run.result();
  } catch (error) {
    if (!end.signal.aborted || signal?.aborted === true) throw error;
  } finally {
    signal?.removeEventListener("abort", pass);
  }
  if (guest === undefined) throw new Error("a run shows its guest");
  return guest;
}
