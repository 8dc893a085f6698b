import type { Policy } from "../policy.js";

/**
 * Drops all clean pages of files before the first attempt: they need not move, and leave room for
 * those that have to. What was dropped must be read again.
 */
export const DROP_CACHES: Policy = {
  name: "drop-caches",
  summary: "drops the clean file cache before the first attempt",
  unplug: { before: ["file-cache"] },
};
