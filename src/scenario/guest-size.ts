import type { Scenario } from "./scenario.js";

/** Bytes that a guest has without its devices. */
export function bootSizeOf({ bootRanges }: Scenario["guest"]): number {
  return bootRanges.reduce((sum, { size }) => sum + size, 0);
}

/** Bytes that a guest can ever have: boot memory, and all that its devices can plug. */
export function capacityOf({ guest, devices }: Pick<Scenario, "guest" | "devices">): number {
  return devices.reduce((sum, { regionSize }) => sum + regionSize, bootSizeOf(guest));
}
