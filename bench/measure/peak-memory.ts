import { existsSync, readFileSync } from "node:fs";

const STATUS = "/proc/self/status";

/**
 * The most memory that this process has had resident, in bytes. getrusage() counts the process that
 * started this one, too; Linux says it apart.
 */
export function peakMemory(): number {
  if (!existsSync(STATUS)) return process.resourceUsage().maxRSS * 1024;
  const [, kib] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(STATUS, "utf8")) ?? [];
  return Number(kib) * 1024;
}
