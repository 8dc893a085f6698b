import type { Capture } from "./capture.js";

/** Does the capture tell the reference counts of pages, so that pins and cached pages are known? */
export function hasReferences({ pageState, structPages }: Capture): boolean {
  return pageState !== undefined || structPages !== undefined;
}
