import type { DeviceGeometry } from "./device-port.js";

/** What a recording says of its device; undefined where it does not. */
export type RecordedGeometry = {
  readonly [K in keyof DeviceGeometry]: bigint | undefined;
};

/**
 * Reads place and sizes of a device from the text of `meta.json`; undefined where that is no JSON.
 */
export function parseRecordedGeometry(text: string): RecordedGeometry | undefined {
  let meta: unknown;
  try {
    meta = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { region, ...sizes } = (meta ?? {}) as {
    readonly region?: { readonly gpa?: unknown; readonly size?: unknown };
    readonly block_size?: unknown;
    readonly device_block_size?: unknown;
  };
  return {
    addr: wholeOf(region?.gpa),
    regionSize: wholeOf(region?.size),
    blockSize: wholeOf(sizes.block_size ?? sizes.device_block_size),
  };
}

function wholeOf(value: unknown): bigint | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : undefined;
}
