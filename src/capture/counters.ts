import { decimalNumber } from "./whole-number.js";

/** Reads /proc/vmstat, one `name value` a line. */
export function parseVmstat(text: string, file: string): Map<string, number> {
  const counters = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [name = "", value = ""] = line.trim().split(/\s+/);
    if (name !== "") counters.set(name, decimalNumber(value, file, name));
  }
  return counters;
}

/**
 * Reads /proc/meminfo, one `Name:  value kB` a line, into bytes; lines without kB keep their
 * number.
 */
export function parseMeminfo(text: string, file: string): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [name = "", value = "", unit] = line.trim().split(/:?\s+/);
    if (name === "") continue;
    const number = decimalNumber(value, file, name);
    sizes.set(name, unit === "kB" ? number * 1024 : number);
  }
  return sizes;
}
