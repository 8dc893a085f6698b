import { LINUX_POLICIES } from "../../virtio-mem/driver/linux-policies.js";
import type { UnplugPolicyName } from "../../virtio-mem/driver-profile.js";
import type { Policy } from "../policy.js";

const SUMMARIES: Readonly<Record<UnplugPolicyName, string>> = {
  "rfc3-seed": "the patch of 2019: upwards, one subblock after the other, no ZONE_MOVABLE",
  "v5.8": "downwards, whole memory blocks first, no ZONE_MOVABLE",
  "v5.10": "downwards, whole memory blocks first, all zones alike",
  "v5.11": "the same, but five attempts in ZONE_MOVABLE",
  linux: "Linux since v5.14: downwards, partly plugged memory blocks and ZONE_MOVABLE first",
};

/** The drivers of real kernels. */
export const LINUX_ORDERS: readonly Policy[] = Object.values(LINUX_POLICIES).map(
  ({ name, ...unplug }) => ({
    name,
    summary: SUMMARIES[name as UnplugPolicyName],
    isComplete: true,
    unplug,
  }),
);
