// A request for pages in one word, from below a hexadecimal digit each: order, migratetype, highest
// zone kind, ALLOC_* flags, node; above them the state byte that the pages get. The boundary passes
// the same word (exports/pages.ts), with a page class for the state.

import { Migratetype, PageState } from "./numbers";

/** A request for pages. */
export type Request = u32;

/** Beside the ALLOC_* flags, inside the core only: no zone of the preferred node. */
export const OTHER_NODES: u32 = 1 << 0;

const TYPE_SHIFT: u32 = 4;
const KIND_SHIFT: u32 = 8;
const FLAGS_SHIFT: u32 = 12;
const NODE_SHIFT: u32 = 16;
const STATE_SHIFT: u32 = 20;
const DIGIT: u32 = 15;

/** What is wanted: `1 << order` pages from the lists of `type`, which get `state`. */
export function pagesOf(order: u32, type: Migratetype, state: PageState): Request {
  return order | (type << TYPE_SHIFT) | (state << STATE_SHIFT);
}

/**
 * Where they may come from: zones up to `kind`, those of `node` first, as the ALLOC_* flags say.
 */
export function fromZones(kind: u32, node: u32, flags: u32): Request {
  return (kind << KIND_SHIFT) | (flags << FLAGS_SHIFT) | (node << NODE_SHIFT);
}

export function requestOrder(request: Request): u32 {
  return request & DIGIT;
}
export function requestType(request: Request): u32 {
  return (request >> TYPE_SHIFT) & DIGIT;
}
export function requestKind(request: Request): u32 {
  return (request >> KIND_SHIFT) & DIGIT;
}
export function requestFlags(request: Request): u32 {
  return (request >> FLAGS_SHIFT) & DIGIT;
}
export function requestNode(request: Request): u32 {
  return (request >> NODE_SHIFT) & DIGIT;
}
export function requestState(request: Request): u32 {
  return request >> STATE_SHIFT;
}

/** The same request for one page. */
export function singlePage(request: Request): Request {
  return request & ~DIGIT;
}
