import { CaptureError } from "../capture/capture-error.js";
import { viewOf } from "../bytes.js";
import { readFully, type DumpFile } from "./dump-file.js";
import { extentAt, type Extent } from "./extents.js";

// makedumpfile -F, and QEMU where it cannot seek: a header of 4,096 bytes, then parts of a file,
// each behind its offset and size, big-endian, in any order; offset and size -1 end it.
const HEADER_SIZE = 4096;
const PART_HEADER = 16;
const TYPE_AT = 16;
const FLAT = 1n;
const END = -1n;
/** A dump of 64 GiB has some 16,000 parts of 1 MiB; QEMU writes many small ones. */
const MAX_PARTS = 2 ** 24;
/** Parts that may overlap are compared each with each. */
const MAX_OVERLAPPING = 4096;
/** Headers of small parts come in one read. */
const LOOK_AHEAD = 2 ** 16;

/**
 * The file that a flattened one is of. What is there twice counts as it was written last.
 *
 * @throws CaptureError if it does not end as such a file does.
 */
export async function openFlattened(file: DumpFile): Promise<DumpFile> {
  const header = await readFully(file, 0, HEADER_SIZE, "header of the flattened file");
  const type = viewOf(header).getBigInt64(TYPE_AT, false);
  if (type !== FLAT) {
    throw new CaptureError(file.name, "type", `must be 1 (flattened), got ${type}`);
  }
  const parts = orderedParts(await readParts(file), file);
  const size = parts.at(-1)?.end ?? 0;
  return {
    name: file.name,
    size,
    async read(position, length) {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - position)));
      for (let at = 0; at < bytes.length;) {
        const part = extentAt(parts, position + at);
        // gaps are zeros, as in a file with holes
        if (part === undefined) {
          at = nextStart(parts, position + at) - position;
          continue;
        }
        const count = Math.min(bytes.length - at, part.end - position - at);
        const from = part.position + position + at - part.start;
        bytes.set(await file.read(from, count), at);
        at += count;
      }
      return bytes;
    },
  };
}

async function readParts(file: DumpFile): Promise<Extent[]> {
  const parts: Extent[] = [];
  let ahead: Uint8Array = new Uint8Array(0);
  let aheadAt = 0;
  for (let at = HEADER_SIZE; ;) {
    if (at < aheadAt || at + PART_HEADER > aheadAt + ahead.length) {
      ahead = await file.read(at, LOOK_AHEAD);
      aheadAt = at;
    }
    const field = `part ${parts.length + 1} of the flattened file`;
    if (ahead.length < at - aheadAt + PART_HEADER) {
      const rule = `must be followed by an end, got the end of the file at byte ${file.size}: is the dump complete?`;
      throw new CaptureError(file.name, field, rule);
    }
    const view = viewOf(ahead.subarray(at - aheadAt));
    const offset = view.getBigInt64(0, false);
    const size = view.getBigInt64(8, false);
    if (offset === END && size === END) return parts;
    const end = BigInt(at) + BigInt(PART_HEADER) + size;
    if (offset < 0n || size <= 0n || end > BigInt(file.size) || offset + size > 2n ** 52n) {
      const rule = `must lie within the file of ${file.size} bytes, got ${size} bytes for offset ${offset}`;
      throw new CaptureError(file.name, field, rule);
    }
    if (parts.length >= MAX_PARTS) {
      throw new CaptureError(file.name, field, `must be at most ${MAX_PARTS} parts, got more`);
    }
    const start = Number(offset);
    parts.push({ start, end: start + Number(size), position: at + PART_HEADER });
    at = Number(end);
  }
}

/** In order of their offsets; of those that overlap the one that was written last is on top. */
function orderedParts(parts: readonly Extent[], file: DumpFile): readonly Extent[] {
  const ordered = [...parts].sort((a, b) => a.start - b.start);
  const isApart = ordered.every(({ end }, index) => (ordered[index + 1]?.start ?? end) >= end);
  if (isApart) return ordered;
  // rare: a header that was written once more at the end
  if (parts.length > MAX_OVERLAPPING) {
    const rule = `must be apart where they are more than ${MAX_OVERLAPPING}, got parts that overlap`;
    throw new CaptureError(file.name, "parts of the flattened file", rule);
  }
  const edges = [...new Set(parts.flatMap(({ start, end }) => [start, end]))].sort((a, b) => a - b);
  const newestFirst = [...parts].reverse();
  return edges.flatMap((start, index) => {
    const end = edges[index + 1] ?? start;
    const top = newestFirst.find((part) => part.start <= start && part.end >= end);
    const isGap = top === undefined || end === start;
    return isGap ? [] : [{ start, end, position: top.position + start - top.start }];
  });
}

/** Where the first part behind a gap begins. */
function nextStart(parts: readonly Extent[], position: number): number {
  let low = 0;
  let high = parts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((parts[middle]?.start ?? 0) <= position) low = middle + 1;
    else high = middle;
  }
  return parts[low]?.start ?? Number.MAX_SAFE_INTEGER;
}
