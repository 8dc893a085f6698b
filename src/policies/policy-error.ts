import { marked, messageOf } from "../input-error.js";

/**
 * A policy that cannot be used: there is none of that name, a combination contradicts itself, or
 * its code breaks a rule. The message names the policy and the rule; the guest is as before.
 *
 * @example
 * ```js
 * import { linuxProfile, PolicyError, resolvePolicy } from "virtio-mem-engine";
 *
 * try {
 *   resolvePolicy("fastest", linuxProfile("v6.1"));
 * } catch (error) {
 *   console.log(error instanceof PolicyError); // true
 * }
 * ```
 */
export class PolicyError extends RangeError {
  /** `PolicyError`. */
  override readonly name = "PolicyError";

  /**
   * Made by this package; callers catch it.
   *
   * @param message - which rule is broken, and what was found.
   * @param options - As of `Error`: the `cause`.
   */
  constructor(message: string, options?: ErrorOptions) {
    super(messageOf(message), options);
    marked(this);
  }
}
