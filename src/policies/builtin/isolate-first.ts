import type { Policy } from "../policy.js";

/**
 * Isolates as much as is wanted before the first page is moved: the pages then go where they can
 * stay, and no page is moved twice. Where they find no room, memory that would go last is given up
 * and takes them in.
 */
export const ISOLATE_FIRST: Policy = {
  name: "isolate-first",
  summary: "keeps the allocator out of all that is wanted before the first page is moved",
  unplug: { isolatesFirst: true, outOfMemory: "go-on" },
};
