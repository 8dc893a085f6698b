import type { Mutant } from "./bundle.js";

/** A mutant, and the test that noticed it: undefined where none did, "" where no test runs it. */
export interface Verdict {
  readonly mutant: Mutant;
  readonly by: string | undefined;
}

/** Lines of a table, noticed of all mutants by file and of all files; the latter in percent. */
export function scoresOf(verdicts: readonly Verdict[]): {
  readonly lines: readonly string[];
  readonly score: number;
} {
  const byFile = new Map<string, { noticed: number; all: number }>();
  const total = { noticed: 0, all: 0 };
  for (const verdict of verdicts) {
    const { file } = verdict.mutant;
    const sums = byFile.get(file) ?? { noticed: 0, all: 0 };
    byFile.set(file, sums);
    for (const sum of [sums, total]) {
      sum.all++;
      if (isNoticed(verdict)) sum.noticed++;
    }
  }
  const rows = [...byFile].sort(([one], [other]) => (one < other ? -1 : 1));
  const lines = [...rows, ["all", total] as const].map(([name, { noticed, all }]) => {
    const of = `${noticed}/${all}`.padStart(9);
    return `${percent(noticed, all).toFixed(1).padStart(5)} %  ${of}  ${name}`;
  });
  return { lines, score: percent(total.noticed, total.all) };
}

/** A few lines for each mutant that no test noticed: where it is, and what was put there. */
export function survivorsOf(verdicts: readonly Verdict[]): string[] {
  return verdicts
    .filter((verdict) => !isNoticed(verdict))
    .map(({ mutant: { file, line, column, kind, old, new: replacement }, by }) => {
      const how = by === "" ? "no test runs it" : kind;
      return `${file}:${line}:${column}  ${how}\n  - ${oneLine(old)}\n  + ${oneLine(replacement)}`;
    });
}

function isNoticed({ by }: Verdict): boolean {
  return by !== undefined && by !== "";
}

function percent(part: number, all: number): number {
  return all === 0 ? 100 : (100 * part) / all;
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length <= 90 ? line : `${line.slice(0, 87)}...`;
}
