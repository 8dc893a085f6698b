import { ZoneKindNumber } from "./abi.js";
import { optionError, shown } from "../input-error.js";
import { nearHint } from "../near-name.js";

/**
 * Zones by name, lowest first (`enum zone_type`); PreferMovable is ZONE_PREFER_MOVABLE of RFC v3
 * (September 2019).
 */
export type ZoneKind = "DMA" | "DMA32" | "Normal" | "PreferMovable" | "Movable";

/** All of them, in zone list order; a zone list walks them downwards. */
export const ZONE_KINDS = Object.keys(ZoneKindNumber) as readonly ZoneKind[];

/**
 * The number that the core knows a zone by.
 *
 * @throws RangeError for a name that is none.
 */
export function zoneKindNumber(kind: unknown, of = "kind"): ZoneKindNumber {
  const number = NUMBERS.get(kind as string);
  if (number !== undefined) return number;
  const hint = typeof kind === "string" ? nearHint(kind.slice(0, 40), ZONE_KINDS) : "";
  throw optionError(`${of} must be one of ${ZONE_KINDS.join(", ")}, got ${shown(kind)}${hint}`);
}

const BY_NAME: Readonly<Record<ZoneKind, ZoneKindNumber>> = ZoneKindNumber;
const NUMBERS: ReadonlyMap<string, ZoneKindNumber> = new Map(Object.entries(BY_NAME));
