import { CaptureError } from "./capture-error.js";
import { parseJson, recordOf } from "./json-text.js";
import { jsonNumber } from "./whole-number.js";

/** What meta.json of a recording says about the guest, not about what happened to it. */
export interface RecordingMeta {
  readonly kernel: string | undefined;
  readonly commandLine: string | undefined;
  readonly regionStart: number | undefined;
  readonly regionSize: number | undefined;
  readonly blockSize: number | undefined;
  readonly memoryBlockSize: number | undefined;
  readonly pageSize: number | undefined;
}

/** Reads meta.json. @throws CaptureError if a field is there and malformed. */
export function parseRecordingMeta(text: string, file: string): RecordingMeta {
  const json = recordOf(parseJson(text, file), file, "");
  const region = json["region"] === undefined ? {} : recordOf(json["region"], file, "region");
  const numberOf = (source: Record<string, unknown>, name: string, field = name) =>
    source[name] === undefined ? undefined : jsonNumber(source[name], file, field);
  const textOf = (name: string) => {
    const value = json[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "string") {
      throw new CaptureError(file, name, "must be text, got something else");
    }
    return value;
  };
  return {
    kernel: textOf("kernel"),
    commandLine: textOf("kernel_cmdline"),
    regionStart: numberOf(region, "gpa", "region.gpa"),
    regionSize: numberOf(region, "size", "region.size"),
    blockSize: numberOf(json, "device_block_size"),
    memoryBlockSize: numberOf(json, "memory_block_size"),
    pageSize: numberOf(json, "page_size"),
  };
}
