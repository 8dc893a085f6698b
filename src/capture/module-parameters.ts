import { CaptureError, quoted } from "./capture-error.js";

/**
 * Reads module-parameters.txt, one line per file of /sys/module/MODULE/parameters:
 *
 * ```text
 * /sys/module/virtio_mem/parameters/force_bbm:N
 * ```
 *
 * @returns values by `module.parameter`, as on a kernel command line.
 * @throws CaptureError if a line is malformed.
 */
export function parseModuleParameters(text: string, file: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    const row = /^\/sys\/module\/(\w+)\/parameters\/(\w+):(.*)$/.exec(line.trim());
    if (row === null) {
      const rule = `must be "/sys/module/MODULE/parameters/NAME:VALUE"`;
      throw new CaptureError(file, "line", `${rule}, got ${quoted(line)}`);
    }
    parameters.set(`${row[1]}.${row[2]}`, row[3] ?? "");
  }
  return parameters;
}
