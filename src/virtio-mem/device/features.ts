import type { DeviceFlavour } from "./flavour.js";
import { featureBits, FeatureBit, type FeatureName } from "../protocol.js";

/** The bits that a device of the flavour offers (docs/spec/device.md, "Feature bits"). */
export function offeredFeatures(
  { features }: DeviceFlavour,
  hasNode: boolean,
  without: readonly FeatureName[],
): bigint {
  const wanted = features.offered.filter(
    (name) => !without.includes(name) && (name !== "AcpiPxm" || hasNode),
  );
  return featureBits([...features.forced, ...wanted]);
}

/**
 * Features that a host has to leave out, where it can, for a driver to work that knows only
 * `known`: those that it could not do without.
 */
export function featuresToLeaveOut(known: readonly FeatureName[]): FeatureName[] {
  return known.includes("UnpluggedInaccessible") ? [] : ["UnpluggedInaccessible"];
}

/** Can a driver that accepts `accepted` use a device that offers `offered`? */
export function isUsableWith(
  { features }: DeviceFlavour,
  offered: bigint,
  accepted: bigint,
): boolean {
  const required = featureBits(features.required) & offered;
  return (accepted & ~offered) === 0n && (accepted & required) === required;
}

export function hasFeature(bits: bigint, name: FeatureName): boolean {
  return (bits & (1n << BigInt(FeatureBit[name]))) !== 0n;
}
