import type { EventLog } from "../event-log.js";

/** What it cost to plug or unplug, counted from the log. */
export interface Cost {
  /** Pages that the policy looked at, without an attempt. */
  readonly scannedPages: number;
  /** Pages moved elsewhere, those of failed attempts included. */
  readonly movedPages: number;
  /** Clean pages of file cache dropped. */
  readonly droppedPages: number;
  /** Calls of alloc_contig_range(), and those of them that got nothing. */
  readonly attempts: number;
  readonly failedAttempts: number;
  /** Requests to the device. */
  readonly requests: number;
  /** Virtual milliseconds. */
  readonly virtualMs: number;
}

/** @param start - number of the first log entry that counts, and when it began, in virtual nanoseconds. */
export function costOf(log: EventLog, start = 0, startNs = 0): Cost {
  let scannedPages = 0;
  let movedPages = 0;
  let droppedPages = 0;
  let attempts = 0;
  let failedAttempts = 0;
  for (const { nrPages } of log.of("look", start)) scannedPages += nrPages;
  for (const entry of log.of("contig", start)) {
    movedPages += entry.migratedPages;
    droppedPages += entry.droppedPages;
    attempts++;
    if (entry.errno !== 0) failedAttempts++;
  }
  const requests = [...log.of("request", start)].length;
  const virtualMs = (log.clock.nowNs - startNs) / 1e6;
  return {
    scannedPages,
    movedPages,
    droppedPages,
    attempts,
    failedAttempts,
    requests,
    virtualMs,
  };
}
