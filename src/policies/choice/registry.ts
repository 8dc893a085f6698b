import { written } from "../../input-error.js";
import { linuxProfile, PROFILE_NAMES } from "../../linux/profile.js";
import { BEST_POLICY } from "../builtin/best-policy.js";
import { BIGGER_CHUNKS_FIRST } from "../builtin/bigger-chunks-first.js";
import { CONTROLLERS } from "../builtin/controllers.js";
import { DROP_CACHES } from "../builtin/drop-caches.js";
import { DROP_SLAB } from "../builtin/drop-slab.js";
import { EMPTY_BLOCKS_FIRST } from "../builtin/empty-blocks-first.js";
import { FREE_AREAS_FIRST } from "../builtin/free-areas-first.js";
import { ISOLATE_FIRST } from "../builtin/isolate-first.js";
import { LINUX_ORDERS } from "../builtin/linux-orders.js";
import { isModulePath } from "./module-path.js";
import { MEMMAP_ON_MEMORY } from "../builtin/memmap.js";
import { nearName } from "../../near-name.js";
import { PolicyError } from "../policy-error.js";
import { memberOf, type PolicyFamily } from "../policy-family.js";
import type { Policy } from "../policy.js";
import { RESERVE } from "../builtin/reserve.js";
import { RETRIES } from "../builtin/retries.js";
import { SENSE_FIRST } from "../builtin/sense-first.js";
import { SHRINK_SLAB } from "../builtin/shrink-slab.js";
import { ZONES } from "../builtin/zones.js";

/** Policies with a value: `retry-fixed=10s`. */
export const POLICY_FAMILIES: readonly PolicyFamily[] = [
  ...RETRIES,
  RESERVE,
  ...ZONES,
  ...CONTROLLERS,
];

/**
 * All policies that have a name, in the order in which they are listed; those with a value have its
 * default.
 */
export const POLICIES: readonly Policy[] = [
  ...LINUX_ORDERS,
  SENSE_FIRST,
  FREE_AREAS_FIRST,
  BIGGER_CHUNKS_FIRST,
  EMPTY_BLOCKS_FIRST,
  ISOLATE_FIRST,
  SHRINK_SLAB,
  BEST_POLICY,
  DROP_SLAB,
  DROP_CACHES,
  MEMMAP_ON_MEMORY,
  ...POLICY_FAMILIES.map((family) => memberOf(family, undefined)),
];

/**
 * A policy by its name; the name of a Linux version stands for that version's driver, `name=value`
 * for a policy with another value than its own.
 *
 * @throws PolicyError if there is none of that name, with the nearest; or the value breaks its
 *   rule.
 */
export function policyNamed(name: string): Policy {
  const found = POLICIES.find((policy) => policy.name === name);
  if (found !== undefined) return found;
  const [stem = "", ...value] = name.split("=");
  const family = POLICY_FAMILIES.find((candidate) => candidate.name === stem);
  if (family !== undefined) return memberOf(family, value.join("="));
  const version = PROFILE_NAMES.find((profile) => profile === name);
  if (version !== undefined) return policyNamed(linuxProfile(version).driver.unplugPolicy);
  if (isModulePath(name)) {
    throw new PolicyError(
      `policy must be a name where no module is loaded (see loadPolicy() of virtio-mem-engine/node), got ${written(name)}`,
    );
  }
  const names = POLICIES.map((policy) => policy.name);
  const near = nearName(stem, [...names, ...PROFILE_NAMES]);
  const hint = near === undefined ? `one of ${names.join(", ")}` : `a known one; near is ${near}`;
  throw new PolicyError(`policy must be ${hint}, got ${JSON.stringify(name)}`);
}
