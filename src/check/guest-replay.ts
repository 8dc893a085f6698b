import type { Guest } from "../guest/guest.js";
import type { GuestObservation } from "./guest-recording.js";
import { playStateWrite } from "./state-write.js";

/**
 * Does to a guest what the host did to the recorded one, and lets as many retries come due.
 *
 * @returns the waits before them, in milliseconds.
 */
export function playHost(guest: Guest, observation: GuestObservation): number[] {
  const { device, driver, clock, log } = guest;
  const changes = [...observation.changes];
  let nrRequests = 0;
  const change = (): void => {
    const due = changes.shift();
    if (due !== undefined) device.requestSize(due.size);
  };
  const unfollow = log.follow(({ type }) => {
    if (type === "request") nrRequests++;
    // Whatever the driver did last when the size changed, it notices before its next request.
    const isWork = type === "request" || type === "contig" || type === "add-memory";
    if (isWork && nrRequests >= (changes[0]?.afterRequests ?? Infinity)) change();
  });
  device.requestSize(observation.firstRequestedSize);
  driver.run();
  // Some came while the driver had nothing left to do.
  while (changes.length > 0) {
    change();
    driver.run();
  }
  unfollow();
  const waits: number[] = [];
  for (const [index, { waitedMs }] of observation.passes.entries()) {
    const due = driver.retryDueNs;
    if (waitedMs > 0 && due !== undefined) {
      waits.push((due - clock.nowNs) / 1e6);
      clock.advanceToNs(due);
    }
    for (const { afterPasses, write } of observation.writes) {
      if (afterPasses === index + 1) playStateWrite(guest, write);
    }
  }
  return waits;
}
