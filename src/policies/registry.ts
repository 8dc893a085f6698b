import { BIGGER_CHUNKS_FIRST } from "./bigger-chunks-first.js";
import { FREE_AREAS_FIRST } from "./free-areas-first.js";
import { ISOLATE_FIRST } from "./isolate-first.js";
import { LINUX_ORDERS } from "./linux-orders.js";
import type { Policy } from "./policy.js";
import { SENSE_FIRST } from "./sense-first.js";

/** All policies that have a name, in the order in which they are listed. */
export const POLICIES: readonly Policy[] = [
  ...LINUX_ORDERS,
  SENSE_FIRST,
  FREE_AREAS_FIRST,
  BIGGER_CHUNKS_FIRST,
  ISOLATE_FIRST,
];
