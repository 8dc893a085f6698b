import { wrap } from "../../../src/report/wrap.js";

const COLUMNS = 100;

/** A published figure and that of the model. */
export interface Row {
  readonly what: string;
  readonly published: string;
  readonly ours: string;
  /** Difference in percent of the published figure; undefined where both must be equal. */
  readonly offPercent: number | undefined;
  readonly isMet: boolean;
}

export interface Section {
  readonly title: string;
  /** Where the published figures come from, what was run, and reasons of differences: Markdown. */
  readonly text: string;
  readonly rows: readonly Row[];
}

/** Must be equal. */
export function exact(what: string, published: string, ours: string): Row {
  return { what, published, ours, offPercent: undefined, isMet: published === ours };
}

/** May be off by `tolerance` percent. */
export function near(
  what: string,
  published: number,
  ours: number,
  tolerance: number,
  format: (value: number) => string,
): Row {
  const offPercent = ((ours - published) / published) * 100;
  return {
    what,
    published: format(published),
    ours: format(ours),
    offPercent,
    isMet: Math.abs(offPercent) <= tolerance,
  };
}

export function markdown({ title, text, rows }: Section): string {
  const lines = rows.map(({ what, published, ours, offPercent, isMet }) => {
    const off =
      offPercent === undefined
        ? isMet
          ? "equal"
          : "differs"
        : `${offPercent < 0 ? "" : "+"}${offPercent.toFixed(1)} %`;
    return `| ${what} | ${published} | ${ours} | ${off}${isMet ? "" : " (missed)"} |`;
  });
  const table = ["| | published | model | difference |", "| --- | ---: | ---: | --- |", ...lines];
  const lead = wrap(text.replaceAll("\n", " "), COLUMNS).join("\n");
  return `## ${title}\n\n${lead}\n\n${table.join("\n")}\n`;
}
