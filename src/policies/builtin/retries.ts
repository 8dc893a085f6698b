import type { PolicyFamily } from "../policy-family.js";
import { durationValue, wholeValue } from "../policy-value.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** Longest wait where waits grow: the driver's own is 5 min. */
const LONGEST = 30 * MINUTE;

/** The same wait each time, as in RFC v3 (September 2019). */
const FIXED: PolicyFamily = {
  name: "retry-fixed",
  summary: "tries again after the same wait each time",
  value: "30s",
  make: (value) => {
    const ms = durationValue("retry-fixed", value);
    return { retry: { minimumMs: ms, maximumMs: ms, factor: 1 } };
  },
};

/** Short waits first, and long ones for what stays. */
const EXPONENTIAL: PolicyFamily = {
  name: "retry-exponential",
  summary: "doubles the wait from a short one up to 30 min",
  value: "5s",
  make: (value) => {
    const ms = durationValue("retry-exponential", value);
    return { retry: { minimumMs: ms, maximumMs: Math.max(ms, LONGEST), factor: 2 } };
  },
};

/** Waits for memory to be freed, not for time to pass. */
const ON_FREE: PolicyFamily = {
  name: "retry-on-free",
  summary: "tries again when as much as a subblock was freed, at the latest after a time",
  value: "30min",
  make: (value) => {
    const ms = durationValue("retry-on-free", value);
    return { retry: { minimumMs: ms, maximumMs: ms, factor: 1, onFreed: true } };
  },
};

/** The driver's waits, but not for ever. */
const BOUNDED: PolicyFamily = {
  name: "retry-bounded",
  summary: "tries again so many times with the driver's waits, then no more",
  value: "5",
  make: (value) => {
    const most = wholeValue("retry-bounded", value, 0, 1_000_000);
    return { retry: { minimumMs: 50 * SECOND, maximumMs: 5 * MINUTE, factor: 2, most } };
  },
};

/** A run that gets nothing is not worth going on with. */
const EFFORT: PolicyFamily = {
  name: "bounded-effort",
  summary: "ends a run after so many failed attempts",
  value: "64",
  make: (value) => ({
    unplug: { mostFailures: wholeValue("bounded-effort", value, 1, 1_000_000) },
  }),
};

export const RETRIES: readonly PolicyFamily[] = [FIXED, EXPONENTIAL, ON_FREE, BOUNDED, EFFORT];
