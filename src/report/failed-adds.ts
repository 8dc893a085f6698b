import type { DeviceRequest } from "../predict/prediction.js";

/** A range that the device plugged and Linux could not take in. */
export interface FailedAdd {
  /** Bytes from the region start. */
  readonly offset: number;
  readonly nbBlocks: number;
  /** How often the driver tried. */
  readonly tries: number;
}

/**
 * Ranges that were plugged and at once unplugged again: adding the memory failed, for lack of room
 * for its memmap, and the driver gave it back.
 */
export function failedAdds(requests: readonly DeviceRequest[]): FailedAdd[] {
  const found = new Map<string, { offset: number; nbBlocks: number; tries: number }>();
  for (const [i, plug] of requests.entries()) {
    const next = requests[i + 1];
    if (plug.type !== "PLUG" || plug.response !== "ACK" || next?.type !== "UNPLUG") continue;
    const { offset, nbBlocks } = plug;
    if (next.offset !== offset || next.nbBlocks !== nbBlocks) continue;
    const key = `${offset} ${nbBlocks}`;
    const entry = found.get(key) ?? { offset, nbBlocks, tries: 0 };
    entry.tries++;
    found.set(key, entry);
  }
  return [...found.values()];
}
