import { bitmap } from "./bitmap.js";
import { capture } from "./capture.js";
import { churnTypes } from "./churn-types.js";
import { contig } from "./contig.js";
import { fillFresh } from "./fill-fresh.js";
import { halfUsed } from "./half-used.js";
import { idle } from "./idle.js";
import { mixed } from "./mixed.js";
import { refused } from "./refused.js";
import { removable } from "./removable.js";
import { start } from "./start.js";
import type { Workload } from "./workload.js";

export const WORKLOADS: readonly Workload[] = [
  fillFresh,
  removable,
  idle,
  halfUsed,
  contig,
  refused,
  churnTypes,
  mixed,
  capture,
  bitmap,
  start,
];
