import type { OnlineSettings } from "../../linux/online-policy.js";
import type { LinuxProfile } from "../../linux/profile.js";
import { LINUX_POLICIES } from "../../virtio-mem/driver/linux-policies.js";
import type { UnplugPolicy } from "../../virtio-mem/driver/unplug-policy.js";
import type { Policy, UnplugDecisions } from "../policy.js";
import { PolicyError } from "../policy-error.js";
import { assertPolicyShape } from "./policy-shape.js";
import { policyNamed } from "./registry.js";
import type { ResizeController } from "../resize-controller.js";
import type { RetryRule } from "../../virtio-mem/driver/retry-rule.js";

/** Policies by name, joined by `+`, or as objects. */
export type PolicyChoice = string | Policy | readonly (string | Policy)[];

/** What a guest does by a choice of policies, with nothing left open. */
export interface ResolvedPolicy {
  /** The names, joined by `+`. */
  readonly name: string;
  /** How it unplugs. */
  readonly unplug: UnplugPolicy;
  /** When the driver tries again. */
  readonly retry: RetryRule;
  /** What goes over the guest's own settings. */
  readonly online: Partial<OnlineSettings>;
  /** Where the struct pages of added memory lie. */
  readonly memmap: "older-memory" | "added-memory";
  /** Who resizes the guest, where a policy does. */
  readonly controller: ResizeController | undefined;
}

/** Decisions of which several add up; all others are made once. */
const ADDED = ["accepts", "before", "whenShort"] as const;
type Single = Exclude<keyof UnplugDecisions, (typeof ADDED)[number] | "isForeign">;

/** What a decision is called when two policies contradict each other. */
const DECISIONS: Readonly<Record<Single, string>> = {
  passes: "which memory blocks an unplug run visits",
  memoryBlocks: "the order of memory blocks",
  subblocks: "the order of subblocks",
  chunks: "the sizes of chunks",
  attempts: "the number of attempts",
  rank: "the rank of chunks",
  isolatesFirst: "when chunks are isolated",
  outOfMemory: "what happens when memory runs out",
  emptyMemoryBlocks: "what happens to emptied memory blocks",
  mostFailures: "when a run gives up",
  reserve: "how much free memory is kept",
};
const OTHERS = {
  retry: "when to try again",
  online: "where memory goes online",
  memmap: "where struct pages lie",
  controller: "the size that the host asks for",
} as const;

/**
 * Puts policies together: decisions of single ones go over those of a complete one, and that over
 * what the Linux version does.
 *
 * @param choice - Names joined by `+`, or objects. Undefined: as the version does.
 * @param profile - Linux version whose own policy fills what the choice leaves open.
 * @throws PolicyError if there is none of a name, or two decide the same.
 *
 * @example
 * ```js
 * import { linuxProfile, resolvePolicy } from "virtio-mem-engine";
 *
 * const { name, unplug } = resolvePolicy("sense-first+shrink-slab", linuxProfile("v6.1"));
 * console.log(name); // sense-first+shrink-slab
 * console.log(unplug.before); // [ 'empty-slabs' ]
 * ```
 */
export function resolvePolicy(
  choice: PolicyChoice | undefined,
  { driver }: LinuxProfile,
): ResolvedPolicy {
  const own = LINUX_POLICIES[driver.unplugPolicy];
  const policies = choice === undefined ? [] : policiesOf(choice);
  const name = policies.length === 0 ? own.name : policies.map((policy) => policy.name).join("+");
  assertCompatible(name, policies);
  const complete = policies.filter(({ isComplete }) => isComplete === true);
  const others = policies.filter(({ isComplete }) => isComplete !== true);
  const inOrder = [...complete, ...others];
  const foreign = policies.some(({ isForeign }) => isForeign === true) ? { isForeign: true } : {};
  return {
    name,
    unplug: { ...inOrder.reduce(unplugWith, own), name, ...foreign },
    retry: one(inOrder, "retry") ?? { ...driver.retry, factor: 2 },
    online: one(inOrder, "online") ?? {},
    memmap: one(inOrder, "memmap") ?? "older-memory",
    controller: one(inOrder, "controller"),
  };
}

function unplugWith(sum: UnplugPolicy, { unplug }: Policy): UnplugPolicy {
  if (unplug === undefined) return sum;
  const added: Partial<Record<(typeof ADDED)[number], readonly unknown[]>> = {};
  for (const key of ADDED) {
    if (unplug[key] !== undefined) added[key] = [...(sum[key] ?? []), ...unplug[key]];
  }
  return { ...sum, ...unplug, ...added } as UnplugPolicy;
}

function one<K extends keyof typeof OTHERS>(
  policies: readonly Policy[],
  key: K,
): Policy[K] | undefined {
  return policies.find((policy) => policy[key] !== undefined)?.[key];
}

/**
 * The policies of a choice, in its order.
 *
 * @throws PolicyError if there is none of a name, or an object is no policy.
 */
export function policiesOf(choice: PolicyChoice): Policy[] {
  const list = typeof choice === "string" ? choice.split("+") : [choice].flat();
  return list.map((item) =>
    typeof item === "string" ? policyNamed(item.trim()) : assertPolicyShape(item, "policy"),
  );
}

/** Two policies contradict each other where both decide the same. */
function assertCompatible(name: string, policies: readonly Policy[]): void {
  const deciders = new Map<string, Policy>();
  const claim = (what: string, policy: Policy): void => {
    const first = deciders.get(what);
    if (first !== undefined) {
      const both =
        first.name === policy.name ? `${policy.name} twice` : `${first.name} and ${policy.name}`;
      throw new PolicyError(
        `policy ${name} must decide each thing once, got ${both}: each decides ${what}`,
      );
    }
    deciders.set(what, policy);
  };
  for (const policy of policies) {
    claim(`what ${policy.name} does`, policy);
    if (policy.isComplete === true) {
      claim("the whole unplug behaviour", policy);
      continue;
    }
    for (const [key, what] of Object.entries(DECISIONS)) {
      if (policy.unplug?.[key as keyof typeof DECISIONS] !== undefined) claim(what, policy);
    }
    for (const [key, what] of Object.entries(OTHERS)) {
      if (policy[key as keyof typeof OTHERS] !== undefined) claim(what, policy);
    }
  }
}
