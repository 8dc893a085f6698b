// The kinds of workloads. A kind has a file of its own and a line in each list below.

import { ANONYMOUS, type AnonymousWorkload } from "./anonymous.js";
import { COMPILE, type CompileWorkload } from "./compile.js";
import { FRAG, type FragWorkload } from "./frag.js";
import { FUNCTIONS, type FunctionsWorkload } from "./functions.js";
import { KERNEL, type KernelWorkload } from "./kernel.js";
import { NETWORK, type NetworkWorkload } from "./network.js";
import { PAGE_CACHE, type PageCacheWorkload } from "./page-cache.js";
import { PINS, type PinsWorkload } from "./pins.js";

export type * from "./anonymous.js";
export type * from "./compile.js";
export type * from "./frag.js";
export type * from "./functions.js";
export type * from "./kernel.js";
export type * from "./network.js";
export type * from "./page-cache.js";
export type * from "./pins.js";

/** Something that uses the guest's memory. */
export type ScenarioWorkload =
  | AnonymousWorkload
  | CompileWorkload
  | FragWorkload
  | FunctionsWorkload
  | KernelWorkload
  | NetworkWorkload
  | PageCacheWorkload
  | PinsWorkload;

/** By the name that scenario files give as `kind`. @internal */
export const KINDS = {
  anonymous: ANONYMOUS,
  "page-cache": PAGE_CACHE,
  kernel: KERNEL,
  network: NETWORK,
  pins: PINS,
  functions: FUNCTIONS,
  compile: COMPILE,
  frag: FRAG,
} satisfies Readonly<Record<ScenarioWorkload["kind"], unknown>>;
