import type { CaseResult } from "../conformance/vectors.js";
import { visibleText } from "../input-error.js";
import { formatCount } from "../units.js";

/** How the results of a device under test are written. */
export const REPORT_FORMATS = ["text", "json", "tap", "junit"] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** Differing cases of one cause to show in full. */
const SHOWN_OF_A_CAUSE = 3;

/** All results as one text; of `json`, a line per case. */
export function caseReport(results: readonly CaseResult[], format: ReportFormat): string {
  switch (format) {
    case "text":
      return textReport(results);
    case "json":
      return results.map((result) => `${JSON.stringify(result)}\n`).join("");
    case "tap":
      return tapReport(results);
    case "junit":
      return junitReport(results);
  }
}

function textReport(results: readonly CaseResult[]): string {
  const differing = results.filter(({ difference }) => difference !== undefined);
  const skipped = results.filter((result) => result.skipped);
  const steps = results.reduce((sum, result) => sum + result.steps, 0);
  const agreed = results.reduce((sum, result) => sum + result.agreed, 0);
  const complete = results.length - differing.length - skipped.length;
  let text =
    `${formatCount(agreed)} of ${formatCount(steps, "step")} agree; of ` +
    `${formatCount(results.length, "case")} ${complete} complete, ${differing.length} differ, ` +
    `${skipped.length} left out\n`;
  for (const group of byCause(differing)) {
    const shown = group.slice(0, SHOWN_OF_A_CAUSE);
    for (const { name, difference } of shown) {
      if (difference === undefined) continue;
      text +=
        `${name}, line ${difference.line}: ${difference.request}\n` +
        `  ${difference.field}: expected ${difference.expected}, got ${visibleText(difference.got)}\n`;
      const { reason } = difference;
      if (reason !== undefined) text += `  rule: ${reason.rule}\n  source: ${reason.source}\n`;
    }
    const more = group.slice(shown.length).map(({ name }) => name);
    if (more.length > 0) text += `  the same in ${more.join(", ")}\n`;
  }
  const unable = skipped.filter(({ notAsked }) => notAsked !== true).map(({ name }) => name);
  if (unable.length > 0)
    text += `left out, because the device cannot do them: ${unable.join(", ")}\n`;
  const notAsked = skipped.length - unable.length;
  if (notAsked > 0) {
    text +=
      `${formatCount(notAsked, "case")} not asked any more, because the device gave no answer in ` +
      "those before; --case NAME plays one\n";
  }
  return text;
}

/**
 * Cases that differ in the same field of the answer to the same kind of request, in the same way
 * and by the same rule.
 */
function byCause(differing: readonly CaseResult[]): CaseResult[][] {
  const groups = new Map<string, CaseResult[]>();
  for (const result of differing) {
    const { difference } = result;
    if (difference === undefined) continue;
    const kind = /"req":"([^"]*)"/.exec(difference.request)?.[1] ?? "";
    const { field, expected, got, reason } = difference;
    const key = [kind, field, expected, got, reason?.rule ?? ""].join("\n");
    const cause = key.replace(/\d+(?:\.\d+)?(?: (?:[KMGT]i)?B\b)?/g, "N");
    groups.set(cause, [...(groups.get(cause) ?? []), result]);
  }
  return [...groups.values()];
}

function tapReport(results: readonly CaseResult[]): string {
  const lines = ["TAP version 13", `1..${results.length}`];
  for (const [at, result] of results.entries()) {
    const { name, skipped, difference } = result;
    const head = `${difference === undefined ? "ok" : "not ok"} ${at + 1} - ${name.replaceAll("#", "\\#")}`;
    lines.push(skipped ? `${head} # SKIP ${whySkipped(result)}` : head);
    if (difference === undefined) continue;
    lines.push("  ---");
    const { reason, ...fields } = difference;
    for (const [key, value] of Object.entries({ ...fields, ...reason })) {
      lines.push(`  ${key}: ${JSON.stringify(visibleText(String(value)))}`);
    }
    lines.push("  ...");
  }
  return `${lines.join("\n")}\n`;
}

function whySkipped({ notAsked }: CaseResult): string {
  return notAsked === true
    ? "the device gave no answer in the cases before"
    : "the device cannot do it";
}

function junitReport(results: readonly CaseResult[]): string {
  const failures = results.filter(({ difference }) => difference !== undefined).length;
  const skips = results.filter(({ skipped }) => skipped).length;
  const cases = results.map((result) => {
    const { name, steps, skipped, difference } = result;
    const head = `  <testcase classname="virtio-mem" name="${xml(name)}" assertions="${steps}"`;
    if (skipped) return `${head}><skipped message="${whySkipped(result)}"/></testcase>`;
    if (difference === undefined) return `${head}/>`;
    const { line, request, field, expected, got, reason } = difference;
    const why = reason === undefined ? "" : `\nrule: ${reason.rule}\nsource: ${reason.source}`;
    const words = `line ${line}: ${request}\n${field}: expected ${expected}, got ${got}${why}`;
    return `${head}><failure message="${xml(`${field} differs`)}">${xml(words)}</failure></testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="virtio-mem vectors" tests="${results.length}" failures="${failures}" skipped="${skips}">`,
    ...cases,
    "</testsuite>",
    "",
  ].join("\n");
}

function xml(text: string): string {
  return text
    .split("\n")
    .map(visibleText)
    .join("\n")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
