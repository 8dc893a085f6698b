import { formatDuration } from "../units.js";
import { terminalInfo } from "./terminal.js";

import type { Progress } from "../progress.js";

/** Without a unit the percentage says all. */
type ShownProgress = Omit<Progress, "unit"> & Partial<Pick<Progress, "unit">>;

export interface ProgressLine {
  readonly show: (progress: ShownProgress) => void;
  readonly clear: () => void;
}

/** The first line appears at once, later ones not faster than one can read them. */
const EVERY_MS = 100;
/** So long that what is left can be told from what is done. */
const KNOWN_MS = 3000;

/**
 * One line on standard error that counts up to 100 %, rewritten in place, with the real time that
 * is left once that can be told; nothing where it is no terminal.
 */
export function progressLine(what: string): ProgressLine {
  if (!terminalInfo().errorIsTty) return { show: () => undefined, clear: () => undefined };
  const clear = process.env["TERM"] === "dumb" ? "\r" : "\r\u001b[K";
  const started = performance.now();
  let shownAt = -Infinity;
  let last = "";
  return {
    show: (progress) => {
      const { done, total } = progress;
      const where = whereOf(progress);
      const now = performance.now();
      if (now - shownAt < EVERY_MS) return;
      const share = done / Math.max(1, total);
      const spent = now - started;
      const left =
        spent > KNOWN_MS && share > 0.01
          ? `, ${secondsOf((spent * (1 - share)) / share)} left`
          : "";
      const rate =
        spent > KNOWN_MS && progress.unit === "ms"
          ? `, ${Number((done / spent).toPrecision(2))} times real time`
          : "";
      const line = `${what}: ${Math.floor(100 * share)} %${where === "" ? "" : `, ${where}`}${rate}${left}`;
      if (line === last) return;
      shownAt = now;
      last = line;
      process.stderr.write(clear + line);
    },
    clear: () => {
      if (last !== "") process.stderr.write(clear);
    },
  };
}

function secondsOf(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 100 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}

/** How far it is, in words; nothing where the percentage says all. */
function whereOf({ done, total, unit }: ShownProgress): string {
  if (unit === "ms") return `${formatDuration(done)} of ${formatDuration(total)}`;
  if (unit === "runs") return `run ${Math.min(total, Math.floor(done) + 1)} of ${total}`;
  return "";
}
