import { fork } from "node:child_process";
import { join } from "node:path";

/** What judge.ts is to do. */
export interface Order {
  /** Paths of the test modules. */
  readonly modules: readonly string[];
  /** What tests do without a mutant is kept here, for the next process. */
  readonly measurementFile: string;
  readonly mutants: readonly MutantToJudge[];
}

export interface MutantToJudge {
  readonly id: string;
  /** Of the file that it is in, without folder and extension. */
  readonly name: string;
}

/** What judge.ts sends. */
interface Message {
  readonly begins?: string;
  readonly ends?: string;
  readonly by?: string;
}

/** A mutant that takes longer for one answer is taken for endless. */
const PATIENCE_MS = 60_000;

/**
 * Judges mutants in a process of its own, and in another one after each that does not end.
 *
 * @param tell - gets each verdict: the test that noticed it, "" where no test runs it.
 */
export async function judge(
  order: Order,
  tell: (id: string, by: string | undefined) => void,
): Promise<void> {
  let left = order.mutants;
  while (left.length > 0) {
    const { done, endless } = await judgeInOneProcess({ ...order, mutants: left }, tell);
    if (endless !== undefined) tell(endless, "no end in sight");
    else if (done === 0) throw new Error("tests have to pass without any mutant");
    left = left.slice(done + (endless === undefined ? 0 : 1));
  }
}

function judgeInOneProcess(
  order: Order,
  tell: (id: string, by: string | undefined) => void,
): Promise<{ done: number; endless: string | undefined }> {
  return new Promise((resolve) => {
    const child = fork(join(import.meta.dirname, "judge.ts"));
    let done = 0;
    let under: string | undefined;
    const stop = (): void => {
      child.kill("SIGKILL");
    };
    let timer: NodeJS.Timeout | undefined;
    child.on("message", ({ begins, ends, by }: Message) => {
      clearTimeout(timer);
      timer = begins === undefined ? undefined : setTimeout(stop, PATIENCE_MS);
      under = begins;
      if (ends === undefined) return;
      done++;
      tell(ends, by);
    });
    child.on("exit", () => {
      clearTimeout(timer);
      resolve({ done, endless: under });
    });
    child.send(order);
  });
}
