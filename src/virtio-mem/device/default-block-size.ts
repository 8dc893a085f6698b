import { KiB, MiB } from "../../units.js";
import { optionError, shown } from "../../input-error.js";

// Which block size QEMU gives a device that names none (hw/virtio/virtio-mem.c).

/** Architecture of the host. */
export type Architecture = "x86-64" | "arm64" | "s390x";

/** What QEMU takes for the size of a THP where the host does not tell. */
const ASSUMED_THP: Readonly<Record<Architecture, Readonly<Record<number, number>>>> = {
  "x86-64": { [4 * KiB]: 2 * MiB },
  arm64: { [4 * KiB]: 2 * MiB, [16 * KiB]: 32 * MiB, [64 * KiB]: 512 * MiB },
  s390x: { [4 * KiB]: MiB },
};
const SMALLEST = MiB;

/** What a default block size depends on. */
export interface HostPages {
  /** Architecture of the host. */
  readonly architecture: Architecture;
  /** Bytes of the host's base pages. Default: 4 KiB. */
  readonly basePageSize?: number;
  /** Bytes of the pages of the memory backend. Default: base pages. */
  readonly backendPageSize?: number;
  /**
   * Bytes of a THP as the host says in `/sys/kernel/mm/transparent_hugepage/hpage_pmd_size`.
   * Default: QEMU's assumption.
   */
  readonly thpSize?: number;
}

/**
 * Block size of a QEMU device that names none: the page size of its backend, or, with base pages,
 * that of a THP.
 *
 * @param host - Architecture and page sizes of the host.
 * @throws RangeError if QEMU knows no such base page size there.
 *
 * @example
 * ```js
 * import { defaultBlockSize } from "virtio-mem-engine/device";
 *
 * console.log(defaultBlockSize({ architecture: "x86-64" })); // 2097152
 * ```
 */
export function defaultBlockSize({
  architecture,
  basePageSize = 4 * KiB,
  backendPageSize = basePageSize,
  thpSize = ASSUMED_THP[architecture][basePageSize],
}: HostPages): number {
  if (thpSize === undefined) {
    const known = Object.keys(ASSUMED_THP[architecture]).join(", ");
    throw optionError(
      `basePageSize must be one of ${known} on ${architecture}, got ${shown(basePageSize)}`,
    );
  }
  return Math.max(SMALLEST, backendPageSize, thpSize);
}
