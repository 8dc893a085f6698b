import { CaptureError } from "./capture-error.js";
import type { CaptureMemmap } from "./capture.js";
import { parseJson, recordOf } from "./json-text.js";
import { jsonNumber } from "./whole-number.js";

/** Reads memmap-before.json of a recording: where the struct pages of each section lie. */
export function parseMemmaps(text: string, file: string): CaptureMemmap[] {
  const list = parseJson(text, file);
  if (!Array.isArray(list)) throw new CaptureError(file, "", "must be a JSON list, got other JSON");
  return list.map((item: unknown, index) => {
    const entry = recordOf(item, file, `[${index}]`);
    return {
      section: jsonNumber(entry["gpa"], file, `[${index}].gpa`),
      pfn: jsonNumber(entry["memmap_pfn"], file, `[${index}].memmap_pfn`),
    };
  });
}
