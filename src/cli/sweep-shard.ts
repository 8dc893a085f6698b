import { shortened } from "../input-error.js";
import { UsageError } from "./usage-error.js";

/** Part of a sweep: of `of` parts the one with this number, from 0 on. */
export interface Shard {
  readonly index: number;
  readonly of: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads `--shard`: `0/8`; `auto/8` with the number of a Kubernetes indexed job or a Slurm array
 * task; `auto` where Slurm says how many there are as well.
 *
 * @throws UsageError for anything else.
 */
export function shardOf(text: string, env: Environment): Shard {
  const [first = "", second, ...others] = text.split("/");
  const of = numberOf(second ?? env["SLURM_ARRAY_TASK_COUNT"]);
  const index = first === "auto" ? indexIn(env) : numberOf(first);
  const isShard = others.length === 0 && index !== undefined && of !== undefined && index < of;
  if (isShard) return { index, of };
  const known = "SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX";
  throw new UsageError(
    first === "auto"
      ? `--shard auto must find its number in ${known}, from 0 to below the count in auto/COUNT, got ${shortened(text)} with ${index === undefined ? "none" : `number ${index}`}`
      : `--shard must be a number from 0 on and a count, such as 0/8, got ${shortened(text)}`,
  );
}

/** Slurm counts from the array's first number on. */
function indexIn(env: Environment): number | undefined {
  const task = numberOf(env["SLURM_ARRAY_TASK_ID"]);
  if (task === undefined) return numberOf(env["JOB_COMPLETION_INDEX"]);
  return task - (numberOf(env["SLURM_ARRAY_TASK_MIN"]) ?? 0);
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
