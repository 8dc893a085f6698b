/**
 * Marks that a kernel leaves in a capture besides its release, by which its version can be told.
 */
export interface KernelTraces {
  /** Bytes of a subblock, by the log of the driver; undefined where that line is gone. */
  readonly subblockSize: number | undefined;
  /** Names of the parameters that the virtio_mem module has; empty where they were not captured. */
  readonly driverParameters: ReadonlySet<string>;
  /**
   * Of the lines of zoneinfo that came with some version (ZONEINFO_LINES): those that are
   * there.
   */
  readonly zoneinfoLines: ReadonlySet<ZoneinfoLine>;
}

/** Lines of zoneinfo by which versions differ, oldest first. */
const ZONEINFO_LINES = ["boost", "promo", "high_min"] as const satisfies readonly ZoneinfoLine[];
/** A line of zoneinfo by which versions differ. */
export type ZoneinfoLine = "boost" | "promo" | "high_min";

export function zoneinfoLinesOf(text: string): ReadonlySet<ZoneinfoLine> {
  return new Set(
    ZONEINFO_LINES.filter((name) => new RegExp(`^\\s+${name}[:\\s]\\s*\\d`, "m").test(text)),
  );
}

/** @param parameters - by `module.parameter`. */
export function driverParametersOf(parameters: ReadonlyMap<string, string>): ReadonlySet<string> {
  const names = new Set<string>();
  for (const key of parameters.keys()) {
    const [module, name] = key.split(".");
    if (module === "virtio_mem" && name !== undefined) names.add(name);
  }
  return names;
}
