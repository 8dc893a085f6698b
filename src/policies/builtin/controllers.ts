import type { PolicyFamily } from "../policy-family.js";
import { hyperAllocRequest } from "./hyperalloc.js";
import { sizeValue, wholeValue } from "../policy-value.js";

const STEPS = 16;

/**
 * The script that resized virtio-mem guests in the HyperAlloc paper (EuroSys'25): it looks at free
 * huge pages every one to two seconds, and goes in sixteenths of the largest size.
 */
const HYPERALLOC: PolicyFamily = {
  name: "resize-hyperalloc",
  summary: "resizes by free huge pages in steps of a sixteenth, so many milliseconds apart",
  value: "1500",
  make: (value) => ({
    controller: {
      periodMs: wholeValue("resize-hyperalloc", value, 1, 86_400_000),
      decide: ({ bootSize, regionSize, requestedSize, freeHugeSize }) => {
        const step = (bootSize + regionSize) / STEPS;
        return Math.max(0, hyperAllocRequest(requestedSize, freeHugeSize, step));
      },
    },
  }),
};

/** Percent of the margin by which free memory may be off before the size changes. */
const SLACK_PERCENT = 25;

/** Keeps a margin of free memory: all of what is missing or left over goes at once. */
const MARGIN: PolicyFamily = {
  name: "resize-margin",
  summary: "keeps so much memory free, up and down at once",
  value: "512MiB",
  make: (value) => {
    const margin = sizeValue("resize-margin", value);
    return {
      controller: {
        periodMs: 1000,
        decide: ({ requestedSize, freeSize }) => {
          const missing = margin - freeSize;
          if (Math.abs(missing) * 100 <= margin * SLACK_PERCENT) return requestedSize;
          return Math.max(0, requestedSize + missing);
        },
      },
    };
  },
};

/**
 * A handler for the moments before the OOM killer: looks ten times a second, and when less than
 * this is free asks the host to plug as much back. Never gives back.
 */
const PLUG_BACK: PolicyFamily = {
  name: "plug-back",
  summary: "plugs so much back whenever less than that is free",
  value: "256MiB",
  make: (value) => {
    const size = sizeValue("plug-back", value);
    return {
      controller: {
        periodMs: 100,
        decide: ({ requestedSize, pluggedSize, freeSize }) =>
          freeSize < size && pluggedSize >= requestedSize ? pluggedSize + size : requestedSize,
      },
    };
  },
};

export const CONTROLLERS: readonly PolicyFamily[] = [HYPERALLOC, MARGIN, PLUG_BACK];
