import type { Step } from "../conformance/request-line.js";
import { formatSize } from "../units.js";
import type { VirtioMemDevice } from "../virtio-mem/device/device.js";
import type { DeviceConfig } from "../virtio-mem/protocol.js";

/** Why our device answered a step as it did, from its config just before. */
export function whyAnswer(device: VirtioMemDevice, before: DeviceConfig, step: Step): string {
  if (device.needsReset) return "our device needs a reset after a request that it could not read";
  if (step.kind === "requested-size") return whySize(before, step.size);
  if (step.kind !== "request") return "our device has other rules for this step";
  const { usableRegionSize, blockSize, pluggedSize, requestedSize } = before;
  const offset = BigInt.asIntN(64, step.offset);
  const size = BigInt(step.nbBlocks) * BigInt(blockSize);
  const reasons: string[] = [];
  if (step.nbBlocks === 0) reasons.push("no blocks are named");
  if (offset % BigInt(blockSize) !== 0n) reasons.push("the address is not that of a block");
  if (offset < 0n || offset + size > BigInt(usableRegionSize)) {
    reasons.push(`it leaves the usable region of ${formatSize(usableRegionSize)}`);
  }
  if (BigInt(pluggedSize) + size > BigInt(requestedSize)) {
    const limit = `${formatSize(requestedSize)} requested`;
    reasons.push(`with ${formatSize(pluggedSize)} plugged it would be more than the ${limit}`);
  }
  const order = `a PLUG checks ${device.flavour.plugChecks.join(", ")} in this order`;
  const seen = reasons.length === 0 ? "range and size allow it" : reasons.join("; ");
  return `${seen}; in the flavour ${device.flavour.name} ${order}, the others range and state`;
}

function whySize({ blockSize, regionSize }: DeviceConfig, size: bigint | undefined): string {
  const rule = `a requested size is a multiple of ${formatSize(blockSize)}, at most ${formatSize(regionSize)}`;
  return size === undefined ? `${rule}; this is none` : `${rule}; this is ${size} bytes`;
}
