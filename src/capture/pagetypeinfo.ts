import { CaptureError } from "./capture-error.js";
import type { CapturePageTypes, CaptureZone } from "./capture.js";
import { decimalNumber } from "./whole-number.js";
import { zoneKind } from "./zone-kind.js";

/** The kernel stops counting a free list here and prints a `>` in front. */
const COUNT_LIMIT_MARK = ">";

interface OpenZone {
  readonly node: number;
  readonly kind: CaptureZone["kind"];
  readonly freeChunks: Map<string, number[]>;
  readonly pageblocks: Map<string, number>;
}

/**
 * Reads /proc/pagetypeinfo: free chunks by order, then pageblocks, each by migratetype.
 *
 * ```text
 * Free pages count per migrate type at order       0      1 ...     10
 * Node    0, zone   Normal, type      Movable      1      0 ...    479
 *
 * Number of blocks type     Unmovable      Movable  Reclaimable ...
 * Node 0, zone   Normal           30         1494           12  ...
 * ```
 *
 * A count with `>` in front is a lower bound; the number is taken and `notes` gets a sentence.
 *
 * @throws CaptureError if a line is malformed or no zone is there.
 */
export function parsePagetypeinfo(text: string, file: string, notes: string[]): CapturePageTypes[] {
  const zones = new Map<string, OpenZone>();
  let pageblockTypes: string[] | undefined;

  for (const line of text.split("\n")) {
    const heading = /^Number of (blocks type\s+(.*))?/.exec(line);
    if (heading !== null) {
      // "Number of mixed blocks", where the kernel tracks page owners, is of no use here.
      if (heading[1] === undefined) break;
      pageblockTypes = (heading[2] ?? "").trim().split(/\s+/);
      continue;
    }
    const row = /^Node\s+(\d+), zone\s+([^\s,]+)(?:, type\s+(\S+))?\s+(.*)$/.exec(line);
    if (row === null) continue;
    const [, node = "", zoneName = "", type, numbers = ""] = row;
    const field = `node ${node}, zone ${zoneName}`;
    const kind = zoneKind(zoneName, file, "zone");
    if (kind === undefined) continue;
    const zone = zoneOf(zones, decimalNumber(node, file, "node"), kind);
    const words = numbers.trim().split(/\s+/);
    if (type !== undefined) {
      zone.freeChunks.set(type, freeChunksOf(words, file, `${field}, type ${type}`, notes));
    } else {
      setPageblocks(zone, words, pageblockTypes ?? [], file, field);
    }
  }
  if (zones.size === 0) throw new CaptureError(file, "", "must have lines by zone, got none");
  for (const { node, kind, freeChunks, pageblocks } of zones.values()) {
    if (freeChunks.size === 0 || pageblocks.size === 0) {
      const missing = freeChunks.size === 0 ? "free chunks" : "numbers of blocks";
      throw new CaptureError(file, `node ${node}, zone ${kind}`, `must have ${missing}, got none`);
    }
  }
  return [...zones.values()];
}

function zoneOf(zones: Map<string, OpenZone>, node: number, kind: CaptureZone["kind"]): OpenZone {
  const key = `${node} ${kind}`;
  let zone = zones.get(key);
  if (zone === undefined) {
    zone = { node, kind, freeChunks: new Map(), pageblocks: new Map() };
    zones.set(key, zone);
  }
  return zone;
}

const NR_ORDERS = 11;

function freeChunksOf(words: string[], file: string, field: string, notes: string[]): number[] {
  if (words.length !== NR_ORDERS) {
    throw new CaptureError(file, field, `must have ${NR_ORDERS} orders, got ${words.length}`);
  }
  return words.map((word, order) => {
    if (!word.startsWith(COUNT_LIMIT_MARK)) return decimalNumber(word, file, field);
    notes.push(`${file}: ${field} has more free chunks of order ${order} than were counted`);
    return decimalNumber(word.slice(COUNT_LIMIT_MARK.length), file, field);
  });
}

function setPageblocks(
  zone: OpenZone,
  words: string[],
  types: string[],
  file: string,
  field: string,
): void {
  if (words.length !== types.length) {
    throw new CaptureError(
      file,
      field,
      `must have ${types.length} numbers of blocks, got ${words.length}`,
    );
  }
  types.forEach((type, index) => {
    zone.pageblocks.set(type, decimalNumber(words[index] ?? "", file, field));
  });
}
