import { linuxProfile, PROFILE_NAMES, type LinuxProfile } from "../linux/profile.js";
import { LINUX_POLICIES } from "../virtio-mem/linux-policies.js";
import type { UnplugPolicy } from "../virtio-mem/unplug-policy.js";
import { nearName } from "./near-name.js";
import type { Policy, UnplugDecisions } from "./policy.js";
import { PolicyError } from "./policy-error.js";
import { POLICIES } from "./registry.js";

/** Policies by name, joined by `+`, or as objects. */
export type PolicyChoice = string | Policy | readonly (string | Policy)[];

/** What a guest does by a choice of policies, with nothing left open. */
export interface ResolvedPolicy {
  /** The names, joined by `+`. */
  readonly name: string;
  readonly unplug: UnplugPolicy;
}

/** What an unplug decision is called when two policies contradict each other. */
const DECISIONS: Readonly<Record<Exclude<keyof UnplugDecisions, "accepts">, string>> = {
  passes: "which memory blocks an unplug run visits",
  memoryBlocks: "the order of memory blocks",
  subblocks: "the order of subblocks",
  chunks: "the sizes of chunks",
  attempts: "the number of attempts",
  rank: "the rank of chunks",
  isolatesFirst: "when chunks are isolated",
  outOfMemory: "what happens when memory runs out",
};

/**
 * Puts policies together: decisions of single ones go over those of a complete one, and that over
 * what the Linux version does.
 *
 * @param choice - undefined: the version's own behaviour.
 * @throws PolicyError if there is none of a name, or two decide the same.
 */
export function resolvePolicy(
  choice: PolicyChoice | undefined,
  profile: LinuxProfile,
): ResolvedPolicy {
  const own = LINUX_POLICIES[profile.driver.unplugPolicy];
  const policies = choice === undefined ? [] : policiesOf(choice);
  const name = policies.length === 0 ? own.name : policies.map((policy) => policy.name).join("+");
  assertCompatible(name, policies);
  const complete = policies.filter(({ isComplete }) => isComplete === true);
  const others = policies.filter(({ isComplete }) => isComplete !== true);
  const unplug = [...complete, ...others].reduce<UnplugPolicy>(
    (sum, policy) => ({
      ...sum,
      ...policy.unplug,
      accepts: [...(sum.accepts ?? []), ...(policy.unplug?.accepts ?? [])],
    }),
    own,
  );
  const { accepts, ...decisions } = unplug;
  return {
    name,
    unplug: { ...decisions, name, ...(accepts?.length === 0 ? {} : { accepts }) },
  };
}

/** The policies of a choice, in its order. */
export function policiesOf(choice: PolicyChoice): Policy[] {
  const list = typeof choice === "string" ? choice.split("+") : [choice].flat();
  return list.map((item) => (typeof item === "string" ? policyNamed(item.trim()) : item));
}

/** @throws PolicyError if there is none of that name; it suggests the nearest. */
export function policyNamed(name: string): Policy {
  const found = POLICIES.find((policy) => policy.name === name);
  if (found !== undefined) return found;
  const version = PROFILE_NAMES.find((profile) => profile === name);
  if (version !== undefined) return policyNamed(linuxProfile(version).driver.unplugPolicy);
  const names = POLICIES.map((policy) => policy.name);
  const near = nearName(name, [...names, ...PROFILE_NAMES]);
  const hint = near === undefined ? `one of ${names.join(", ")}` : `a known one; near is ${near}`;
  throw new PolicyError(`policy must be ${hint}, got ${JSON.stringify(name)}`);
}

/** Two policies contradict each other where both decide the same. */
function assertCompatible(name: string, policies: readonly Policy[]): void {
  const deciders = new Map<string, Policy>();
  const claim = (what: string, policy: Policy): void => {
    const first = deciders.get(what);
    if (first !== undefined) {
      const both = first === policy ? `${policy.name} twice` : `${first.name} and ${policy.name}`;
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
  }
}
