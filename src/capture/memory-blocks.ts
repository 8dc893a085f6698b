import { CaptureError, quoted } from "./capture-error.js";
import type { CaptureMemoryBlock } from "./capture.js";
import { parseJson, recordOf } from "./json-text.js";
import { decimalNumber, hexNumber, jsonNumber } from "./whole-number.js";

/**
 * Reads memory-blocks.txt, one line per folder of /sys/devices/system/memory:
 *
 * ```text
 * memory32 phys_index=00000020 state=online valid_zones=Normal node=0
 * ```
 *
 * Captures of older scripts have no node.
 *
 * @throws CaptureError if a line is malformed, an id is there twice, or there is none.
 */
export function parseMemoryBlocks(
  text: string,
  file: string,
  notes: string[],
): CaptureMemoryBlock[] {
  const blocks: CaptureMemoryBlock[] = [];
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    const row = /^memory(\d+) phys_index=(\S+) state=(\S+) valid_zones=(.*?)(?: node=(\S+))?$/.exec(
      line.trim(),
    );
    if (row === null) {
      const rule = `must be "memoryN phys_index=HEX state=STATE valid_zones=ZONES"`;
      throw new CaptureError(file, "line", `${rule}, got ${quoted(line)}`);
    }
    const [, idText = "", indexText = "", state = "", zones = "", node] = row;
    const id = decimalNumber(idText, file, "memory block");
    const index = hexNumber(indexText, file, `phys_index of memory${id}`);
    if (index !== id) {
      throw new CaptureError(file, `phys_index of memory${id}`, `must be ${id}, got ${index}`);
    }
    const block = memoryBlock(id, state, zones, file, notes);
    const onNode =
      node === undefined ? {} : { node: decimalNumber(node, file, `node of memory${id}`) };
    blocks.push({ ...block, ...onNode });
  }
  return sorted(blocks, file);
}

/** Reads the same from a recording: a JSON list of `id`, `state` and `valid_zones`. */
export function parseMemoryBlocksJson(
  text: string,
  file: string,
  notes: string[],
): CaptureMemoryBlock[] {
  const list = parseJson(text, file);
  if (!Array.isArray(list)) throw new CaptureError(file, "", "must be a JSON list, got other JSON");
  const blocks = list.map((item: unknown, index) => {
    const entry = recordOf(item, file, `[${index}]`);
    const id = jsonNumber(entry["id"], file, `[${index}].id`);
    return memoryBlock(id, entry["state"], entry["valid_zones"], file, notes);
  });
  return sorted(blocks, file);
}

function memoryBlock(
  id: number,
  state: unknown,
  zones: unknown,
  file: string,
  notes: string[],
): CaptureMemoryBlock {
  const validZones = typeof zones === "string" ? zones.trim().split(/\s+/) : [];
  if (state === "online" || state === "offline") return { id, state, validZones };
  if (state === "going-offline") {
    notes.push(`${file}: memory${id} was going offline and is taken as online`);
    return { id, state: "online", validZones };
  }
  throw new CaptureError(
    file,
    `state of memory${id}`,
    `must be online or offline, got ${quoted(String(state))}`,
  );
}

function sorted(blocks: CaptureMemoryBlock[], file: string): CaptureMemoryBlock[] {
  if (blocks.length === 0) throw new CaptureError(file, "", "must list memory blocks, got none");
  blocks.sort((a, b) => a.id - b.id);
  for (const [index, { id }] of blocks.entries()) {
    if (blocks[index + 1]?.id === id) {
      throw new CaptureError(file, `memory${id}`, "must be there once, got it twice");
    }
  }
  return blocks;
}
