import {
  comparedName,
  panicsOf,
  spreadOf,
  type ComparedPolicy,
  type Comparison,
  type FigureName,
} from "../compare/comparison.js";
import { formatCount, formatDuration, formatRoughSize } from "../units.js";

/** Less than that between two medians is none: one page in 100,000 makes nothing better. */
export const TIE = 0.005;
/** So many policies are named; of more it is said how many they are. */
const MOST_NAMES = 3;

/** What a comparison comes to, in a sentence; policies under which guests panicked win nothing. */
export function verdictOf({ policies, askedSize }: Comparison): string {
  const living = policies.filter((policy) => panicsOf(policy) === 0);
  if (living.length < 2 || askedSize === 0) return "";
  const best = bestOf(living, "returnedSize", false);
  const returned = formatRoughSize(best.value ?? 0);
  const isAll = best.policies.length === policies.length;
  const words = [
    isAll
      ? `All return ${returned}`
      : `Most is returned by ${namesOf(best.policies)} (${returned})`,
  ];
  const moved = bestOf(best.policies, "movedPages", true);
  if (moved.policies.length < best.policies.length) {
    words.push(
      `fewest pages moved by ${namesOf(moved.policies)} (${formatCount(moved.value ?? 0)})`,
    );
  }
  const fast = bestOf(best.policies, "to90Ms", true);
  if (fast.value !== null && fast.policies.length < best.policies.length) {
    words.push(`90 % first under ${namesOf(fast.policies)} (${formatDuration(fast.value)})`);
  }
  if (words.length === 1 && best.policies.length > 1) words.push("neither pages nor time differ");
  return `${words.join("; ")}.`;
}

/** Those with the best median of a figure, and it. */
function bestOf(
  policies: readonly ComparedPolicy[],
  figure: FigureName,
  less: boolean,
): { readonly value: number | null; readonly policies: readonly ComparedPolicy[] } {
  const worst = less ? Infinity : -Infinity;
  const medians = policies.map(({ runs }) => spreadOf(runs, figure).median ?? worst);
  const value = less ? Math.min(...medians) : Math.max(...medians);
  if (!Number.isFinite(value)) return { value: null, policies };
  const isGood = (median: number): boolean => Math.abs(median - value) <= Math.abs(value) * TIE;
  return { value, policies: policies.filter((_, row) => isGood(medians[row] ?? worst)) };
}

function namesOf(policies: readonly ComparedPolicy[]): string {
  if (policies.length > MOST_NAMES) return `${policies.length} of them`;
  return policies.map((policy) => comparedName(policy).slice(0, 40)).join(", ");
}
