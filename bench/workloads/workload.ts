import type { Elapsed } from "../measure/stopwatch.js";

/** Pages of 4 KiB in a GiB. */
export const GIB = 2 ** 18;
export const TIB = 2 ** 28;
/** The largest pfn space, 16 TiB less 4 MiB, in whole memory blocks of 128 MiB. */
export const LARGEST = 16 * TIB - 2 ** 15;

/** What a workload took. */
export interface Result extends Elapsed {
  /** Name of the row. */
  readonly workload: string;
  /** Operations, as {@link Workload.operation} has them. */
  readonly ops: number;
  /** Bytes of linear memory in use at the end. */
  readonly bytes: number;
  /** Of what came out, where that can be told: every round gives the same. */
  readonly checksum?: number;
}

/** Something that people do with a guest, at any size. It runs in a process of its own. */
export interface Workload {
  readonly name: string;
  /** What one operation is. */
  readonly operation: string;
  /** Pages that it is measured at; with `large` those of a long run. */
  readonly sizes: readonly number[];
  readonly largeSizes?: readonly number[];
  /** The program of bench/native/ that does the same, called with the number of pages. */
  readonly native?: string;
  /** A program of its own, relative to bench/, in place of worker.ts; it is called alike. */
  readonly worker?: string;
  /** Runs once, warmed up, on a model of `pages` pages. */
  run(pages: number): Result[] | Promise<Result[]>;
}
