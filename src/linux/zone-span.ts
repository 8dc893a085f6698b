/** Lowest and highest page of a zone, holes included; equal where it has none. */
export interface SpannedZone {
  spanStart: number;
  spanEnd: number;
  /** End of its boot memory; 0 where it has none. Boot memory never goes. */
  readonly bootEnd: number;
}

/** Pages [start, end) came online in a zone. */
export function extendSpan(zone: SpannedZone, start: number, end: number): void {
  const isEmpty = zone.spanStart === zone.spanEnd;
  zone.spanStart = isEmpty ? start : Math.min(zone.spanStart, start);
  zone.spanEnd = isEmpty ? end : Math.max(zone.spanEnd, end);
}

/**
 * Pages [start, end) went offline: a span ends at the next memory block that is still there.
 *
 * @param step - pages of a memory block.
 * @param isThere - is the memory block that begins at this pfn online in the zone?
 */
export function shrinkSpan(
  zone: SpannedZone,
  start: number,
  end: number,
  step: number,
  isThere: (pfn: number) => boolean,
): void {
  if (end === zone.spanEnd) {
    let at = start;
    while (at > Math.max(zone.spanStart, zone.bootEnd) && !isThere(at - step)) at -= step;
    zone.spanEnd = Math.max(at, zone.spanStart);
  }
  if (start === zone.spanStart) {
    let at = end;
    while (at < zone.spanEnd && !isThere(at)) at += step;
    zone.spanStart = Math.min(at, zone.spanEnd);
  }
}

/** Do pages [start, end) lie in or across the span? */
export function isInSpan(zone: SpannedZone | undefined, start: number, end: number): boolean {
  return zone !== undefined && start < zone.spanEnd && end > zone.spanStart;
}
