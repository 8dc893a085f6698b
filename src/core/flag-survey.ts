import { MAX_ORDER } from "./abi.js";

/** What the page flags of a captured guest say by themselves, page by page. In pages. */
export interface FlagSurvey {
  /** Free chunks by order, 0 to 10, as buddyinfo counts them. */
  readonly freeChunks: readonly number[];
  /** Anonymous pages of programs that are mapped (nr_anon_pages of vmstat). */
  readonly mappedAnon: number;
  /** Pages with combinations of flags that no page has. */
  readonly impossible: number;
  /** Runs of pages of compound pages that have no first page. */
  readonly loneTails: number;
  /** Pageblocks with slab, page tables or compound pages of the kernel. */
  readonly kernelPageblocks: number;
  /** Pages that are mapped by their flags or by their map count, but not by both. */
  readonly mapDifferences: number;
  /** Pages that are mapped by their map count; 0 where that is not known. */
  readonly mapped: number;
}

/** Words of scratch that a survey takes. */
export const FLAG_SURVEY_WORDS = MAX_ORDER + 1 + 6;

/** @param words - as endFlagSurvey() of the core lays them out. */
export function flagSurveyOf(words: ArrayLike<number>): FlagSurvey {
  const freeChunks = Array.from(words);
  const [
    mappedAnon = 0,
    impossible = 0,
    loneTails = 0,
    kernelPageblocks = 0,
    mapDifferences = 0,
    mapped = 0,
  ] = freeChunks.splice(MAX_ORDER + 1);
  return {
    freeChunks,
    mappedAnon,
    impossible,
    loneTails,
    kernelPageblocks,
    mapDifferences,
    mapped,
  };
}
