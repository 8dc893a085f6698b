import type { Policy } from "./policy.js";

/** Policies that differ by one value: `name` alone has the default, `name=value` another. */
export interface PolicyFamily {
  /** What it is called. */
  readonly name: string;
  /** One line: what its members do. */
  readonly summary: string;
  /** The default. */
  readonly value: string;
  /**
   * A policy from its value.
   *
   * @param value - What stands behind `=`.
   * @throws PolicyError if the value breaks its rule.
   */
  readonly make: (value: string) => Omit<Policy, "name" | "summary">;
}

/** The member of a family with this value. */
export function memberOf(family: PolicyFamily, value: string | undefined): Policy {
  const { name, summary, make } = family;
  const own = make(value ?? family.value);
  return { name: value === undefined ? name : `${name}=${value}`, summary, ...own };
}
