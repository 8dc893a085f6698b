import type { FreeListAnswer, FreeListStep } from "./free-list-recording.js";

/** Where the model first differs from the kernel. */
export interface Disagreement {
  readonly step: number;
  readonly op: string;
  readonly what: string;
  readonly recorded: string;
  readonly model: string;
}

export interface Comparison {
  results: number;
  sameResults: number;
  dumps: number;
  sameDumps: number;
  disagreement: Disagreement | undefined;
}

/**
 * Pfns of a recording lie within 3 GiB of its base; anything else is a page of another node or
 * zone.
 */
const INSIDE = 786431;
const SHOWN = 200;

/**
 * Compares one step: the answer, the moves, and the dump. Pages outside the recorded zones count as
 * equal whatever their number is.
 */
export function compareAnswer(step: FreeListStep, answer: FreeListAnswer): Comparison {
  const comparison: Comparison = {
    results: 0,
    sameResults: 0,
    dumps: 0,
    sameDumps: 0,
    disagreement: undefined,
  };
  const differ = (what: string, recorded: unknown, model: unknown): void => {
    comparison.disagreement ??= {
      step: step.i,
      op: step.op,
      what,
      recorded: text(recorded),
      model: text(model),
    };
  };
  const result = (what: string, recorded: unknown, model: unknown): void => {
    comparison.results++;
    if (JSON.stringify(recorded) === JSON.stringify(model)) comparison.sameResults++;
    else differ(what, recorded, model);
  };
  if (step.r !== undefined && answer.r !== undefined) {
    result("result", step.op === "c" ? step.r : outside(step.r), outside(answer.r));
  }
  if (step.mig !== undefined) {
    result("moves", step.mig.map(outsideMove), (answer.mig ?? []).map(outsideMove));
  }
  if (step.after !== undefined) {
    comparison.dumps++;
    const part = firstDifference(step.after, answer.after);
    if (part === undefined) comparison.sameDumps++;
    else differ(part.what, part.recorded, part.model);
  }
  return comparison;
}

function outside(r: number | readonly number[]): unknown {
  if (typeof r === "number") return r;
  return r.map((pfn) => (pfn < -1 ? "outside" : pfn));
}

function outsideMove([source, target]: readonly [number, number]): unknown[] {
  return [source, target < -INSIDE || target >= INSIDE ? "outside" : target];
}

function firstDifference(
  recorded: NonNullable<FreeListStep["after"]>,
  model: FreeListAnswer["after"],
): { what: string; recorded: unknown; model: unknown } | undefined {
  const lists = recorded.L ?? {};
  const keys = new Set([...Object.keys(lists), ...Object.keys(model?.L ?? {})]);
  for (const key of recorded.L === undefined ? [] : [...keys].sort()) {
    const [kernel, own] = [lists[key] ?? [], model?.L[key] ?? []];
    if (JSON.stringify(kernel) !== JSON.stringify(own)) {
      return { what: `list ${key}`, recorded: kernel, model: own };
    }
  }
  for (const field of ["pb", "free", "nf"] as const) {
    const kernel = recorded[field];
    if (kernel === undefined || JSON.stringify(kernel) === JSON.stringify(model?.[field])) continue;
    return { what: field, recorded: kernel, model: model?.[field] };
  }
  return undefined;
}

function text(value: unknown): string {
  const words = value === undefined ? "nothing" : JSON.stringify(value);
  return words.length > SHOWN ? `${words.slice(0, SHOWN)}...` : words;
}
