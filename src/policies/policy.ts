import type { OnlineSettings } from "../linux/online-policy.js";
import type { UnplugPolicy } from "../virtio-mem/driver/unplug-policy.js";
import type { ResizeController } from "./resize-controller.js";
import type { RetryRule } from "../virtio-mem/driver/retry-rule.js";

/** The parts of an unplug policy that a policy may decide. */
export type UnplugDecisions = Partial<Omit<UnplugPolicy, "name">>;

/**
 * A named choice of how a guest with virtio-mem behaves. It decides as little or as much as it
 * likes; what it leaves open is decided by the policies that it is combined with, and at last by
 * the Linux version.
 */
export interface Policy {
  /** What people call it: lower-case letters, digits, `-`, `.` and, before a value, `=`. */
  readonly name: string;
  /** One line: what it does. */
  readonly summary: string;
  /** The whole unplug behaviour of a real driver, which others change; one of them at most. */
  readonly isComplete?: boolean;
  /** Was it loaded from a module? Its answers are then checked before a run changes anything. */
  readonly isForeign?: boolean;
  /** What an unplug run in sub-block mode tries, in which order and how often. */
  readonly unplug?: UnplugDecisions;
  /** When the driver tries again. */
  readonly retry?: RetryRule;
  /** Where added memory goes online; goes over the guest's own settings. */
  readonly online?: Partial<OnlineSettings>;
  /** Where the struct pages of added memory lie. */
  readonly memmap?: "older-memory" | "added-memory";
  /** Changes the size that the host asks for, in scenarios. */
  readonly controller?: ResizeController;
}
