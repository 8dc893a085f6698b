import {
  comparisonSvg,
  comparisonText,
  panicsOf,
  spreadOf,
  type ComparedPolicy,
  type Comparison,
  type FigureName,
} from "../../../src/index.js";
import { comparedName } from "../../../src/compare/comparison.js";
import { columnsOf } from "../../../src/report/comparison-figures.js";
import { formatCount, formatRoughSize } from "../../../src/units.js";
import type { ComparisonAnswer } from "./protocol.js";

export function comparisonAnswer(comparison: Comparison): ComparisonAnswer {
  const { policies } = comparison;
  return {
    comparison,
    sentence: sentenceOf(comparison),
    columns: policies.map((policy) => ({ title: comparedName(policy), note: noteOf(policy) })),
    rows: columnsOf(comparison).map(({ figure, title, format, less }) => {
      const values = policies.map(({ runs }) => spreadOf(runs, figure).median);
      return { title, cells: values.map(format), values, best: bestOf(values, less) };
    }),
    svg: policies.length === 0 ? "" : comparisonSvg(comparison),
    text: comparisonText(comparison, { columns: 100 }),
  };
}

function noteOf(policy: ComparedPolicy): string {
  const panics = panicsOf(policy);
  return panics === 0 ? "" : `${panics} of ${formatCount(policy.runs.length, "guest")} panicked`;
}

/** Which are best; none where all are alike. */
function bestOf(values: readonly (number | null)[], less: boolean): number[] {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return [];
  const best = less ? Math.min(...known) : Math.max(...known);
  const found = values.flatMap((value, at) => (value === best ? [at] : []));
  return found.length === values.length ? [] : found;
}

interface Ranked {
  readonly name: string;
  readonly harm: number;
  readonly returned: number;
  readonly moved: number;
  readonly scanned: number;
  readonly failed: number;
}

/** Harm first, then memory returned, then pages moved, then failed attempts, then pages looked at. */
function byMerit(a: Ranked, b: Ranked): number {
  return (
    a.harm - b.harm ||
    b.returned - a.returned ||
    a.moved - b.moved ||
    a.failed - b.failed ||
    a.scanned - b.scanned
  );
}

function rankedOf(policy: ComparedPolicy): Ranked {
  const median = (figure: FigureName): number => spreadOf(policy.runs, figure).median ?? 0;
  return {
    name: comparedName(policy),
    harm: panicsOf(policy) + median("oomKills"),
    returned: median("returnedSize"),
    moved: median("movedPages"),
    scanned: median("scannedPages"),
    failed: median("failedAttempts"),
  };
}

/** Which is better, and by how much. */
export function sentenceOf({ policies }: Comparison): string {
  const [first, ...others] = policies.map(rankedOf);
  if (first === undefined) return "Nothing has run.";
  if (others.length === 0) return `${first.name} alone has run: nothing to compare it with.`;
  const [best = first, second = first] = [first, ...others].sort(byMerit);
  const other = best === first ? second : first;
  return `${betterBy(best, other)} ${movesLeast([first, ...others], best)}`.trim();
}

function betterBy(best: Ranked, other: Ranked): string {
  const than = `than ${other.name}`;
  if (best.harm < other.harm) return `${best.name} does less harm ${than}.`;
  const moved = other.moved - best.moved;
  const words =
    moved > 0 ? `moves ${formatCount(moved, "page")} fewer (${percent(moved, other.moved)})` : "";
  if (best.returned > other.returned) {
    const more = formatRoughSize(best.returned - other.returned);
    const cost =
      moved > 0
        ? ` and ${words}`
        : moved < 0
          ? `, for ${formatCount(-moved, "page")} more moved`
          : "";
    return `${best.name} returns ${more} more ${than}${cost}.`;
  }
  if (moved > 0) return `${best.name} ${words} ${than}, and returns as much.`;
  const failed = other.failed - best.failed;
  if (failed > 0) {
    return `${best.name} has ${formatCount(failed, "failed attempt")} fewer ${than}; all else is alike.`;
  }
  return `${best.name} and ${other.name} do the same here.`;
}

function movesLeast(all: readonly Ranked[], best: Ranked): string {
  if (all.length < 3) return "";
  const [least, next] = [...all].sort((a, b) => a.moved - b.moved);
  if (least === undefined || least === best || least.moved === next?.moved) return "";
  return `${least.name} moves fewest pages, ${formatCount(least.moved)}.`;
}

function percent(part: number, whole: number): string {
  return `${Math.round((100 * part) / whole)} %`;
}
