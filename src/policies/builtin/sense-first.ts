import type { Policy } from "../policy.js";

/**
 * Looks at the pages of a memory block before it pays for attempts, and spares chunks that hold a
 * page which would refuse: kernel memory, or a page with more references than mappings. The look
 * takes no lock, and what it saw may change before the attempt.
 */
export const SENSE_FIRST: Policy = {
  name: "sense-first",
  summary: "looks first, and tries only chunks in which no page is in the way",
  unplug: {
    accepts: [
      (view, chunk) => view.senseChunk(chunk)?.unmovablePages.every((nr) => nr === 0) ?? true,
    ],
  },
};
