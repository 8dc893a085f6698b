import { commandData, type TerminalInfo } from "./command-link.js";

const DEFAULT_COLUMNS = 80;
/** Lines of a map that goes into a file or another program. */
const PIPED_ROWS = 160;

export type ColorChoice = "auto" | "always" | "never";
export const COLOR_CHOICES: readonly ColorChoice[] = ["auto", "always", "never"];

/** What is known of standard output, and whether standard error is a terminal. */
export function terminalInfo(): TerminalInfo {
  if (commandData !== undefined) return commandData.terminal;
  const { stdout, stderr } = process;
  return {
    columns: stdout.isTTY ? stdout.columns : undefined,
    rows: stdout.isTTY ? stdout.rows : undefined,
    hasColors: stdout.isTTY && stdout.hasColors(),
    errorIsTty: stderr.isTTY,
  };
}

/** How to write to standard output. */
export function terminalLook(color: ColorChoice = "auto"): {
  readonly columns: number;
  readonly rows: number;
  readonly color: boolean;
} {
  const info = terminalInfo();
  return {
    columns: info.columns ?? DEFAULT_COLUMNS,
    rows: info.rows ?? PIPED_ROWS,
    color: usesColor(color, info.hasColors, process.env),
  };
}

/** The option decides, then NO_COLOR and FORCE_COLOR, then what the terminal can do. */
export function usesColor(
  choice: ColorChoice,
  hasColors: boolean,
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (choice !== "auto") return choice === "always";
  if ((env["NO_COLOR"] ?? "") !== "") return false;
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  return hasColors && env["TERM"] !== "dumb";
}
