import { AllocFlag, MAX_ORDER, PageClass, type Migratetype } from "./abi.js";
import { zoneKindNumber, type ZoneKind } from "./zone-kind.js";
import { optionError, optionTypeError, shown } from "../input-error.js";

/** A page request. */
export interface PageRequest {
  /** Of the number of pages: 0 to 10. */
  readonly order: number;
  /** Unmovable, movable or reclaimable: 0 to 2. */
  readonly type: Migratetype;
  /** What the pages are used for. */
  readonly pageClass: PageClass;
  /** Highest zone that may serve it. */
  readonly kind: ZoneKind;
  /** NUMA node whose zones are tried first: 0 to 15. */
  readonly node: number;
  /** AllocFlag bits; 0 where absent. */
  readonly flags?: number;
}

/** A page request as the core takes it; see {@link prepareRequest}. */
export type PreparedRequest = number & {
  /** Only {@link prepareRequest} makes one. */
  readonly [prepared]: true;
};
declare const prepared: unique symbol;

const MAX_TYPE = 2;
const MAX_NODE = 15;
const MAX_CLASS = Math.max(...Object.values(PageClass));
const ALL_FLAGS = Object.values(AllocFlag).reduce((all, flag) => all | flag, 0);

/**
 * Checks a request once, for those who make it again and again: {@link PageMemory.tryAlloc} takes
 * what it returns in place of the request, and is about a third faster so.
 *
 * @param request - The request, as {@link PageMemory.tryAlloc} takes it.
 * @throws RangeError for a member that is out of its range.
 *
 * @example
 * ```js
 * import {
 *   Migratetype,
 *   PageClass,
 *   prepareRequest,
 * } from "virtio-mem-engine/core";
 * import { Guest } from "virtio-mem-engine";
 *
 * const { pages } = await Guest.create();
 * const request = prepareRequest({
 *   order: 0,
 *   type: Migratetype.Movable,
 *   pageClass: PageClass.Anon,
 *   kind: "Normal",
 *   node: 0,
 * });
 * for (let nr = 0; nr < 1000; nr++) pages.tryAlloc(request);
 * ```
 */
export function prepareRequest(request: PageRequest): PreparedRequest {
  if (typeof request !== "object" || (request as unknown) === null) {
    throw optionTypeError(`request must be a page request, got ${shown(request)}`);
  }
  const { order, type, pageClass, kind, node, flags = 0 } = request;
  // one digit each; assembly/exports/pages.ts takes them apart
  const word =
    upTo(MAX_ORDER, order, "order") |
    (upTo(MAX_TYPE, type, "type") << 4) |
    (zoneKindNumber(kind, "kind of a page request") << 8) |
    (flagsOf(flags) << 12) |
    (upTo(MAX_NODE, node, "node") << 16) |
    (upTo(MAX_CLASS, pageClass, "pageClass") << 20);
  return word as PreparedRequest;
}

function upTo(limit: number, value: number, name: string): number {
  if (Number.isInteger(value) && value >= 0 && value <= limit) return value;
  throw optionError(`${name} of a page request must be from 0 to ${limit}, got ${shown(value)}`);
}

function flagsOf(flags: number): number {
  if (Number.isInteger(flags) && (flags & ALL_FLAGS) === flags) return flags;
  throw optionError(`flags of a page request must be AllocFlag bits, got ${shown(flags)}`);
}
