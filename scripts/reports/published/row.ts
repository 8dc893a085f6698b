/** A published figure and ours. */
export interface Row {
  readonly what: string;
  readonly published: string;
  readonly ours: string;
  /** Percentage by which ours is off; undefined where the two are to be the same. */
  readonly offPercent: number | undefined;
  readonly isMet: boolean;
}

export interface Section {
  readonly title: string;
  /** Where the published figures come from, what was run, and why we are off where we are: Markdown. */
  readonly text: string;
  readonly rows: readonly Row[];
}

/** Must be the same. */
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
          ? "the same"
          : "differs"
        : `${offPercent < 0 ? "" : "+"}${offPercent.toFixed(1)} %`;
    return `| ${what} | ${published} | ${ours} | ${off}${isMet ? "" : " (missed)"} |`;
  });
  const table = ["| | published | ours | off |", "| --- | ---: | ---: | --- |", ...lines];
  return `## ${title}\n\n${text}\n\n${table.join("\n")}\n`;
}
