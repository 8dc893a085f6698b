import { compileNative, COMPILERS } from "../contenders/native.js";
import { jsonLines } from "../measure/child.js";
import type { Round } from "../row.js";
import { SEQUENCES } from "./all.js";
import type { Measure, Scale } from "./sequence.js";

/**
 * Checksums of the whole run of sequences by pages, of a buddy allocator that puts every chunk at
 * the head of its list: independent implementations agree on them.
 */
const KNOWN: Readonly<Record<number, Readonly<Record<string, number>>>> = {
  [2 ** 24]: { bulk_alloc_o9: 4118924531, churn: 1200400092 },
  [2 ** 28]: { bulk_alloc_o9: 1557363964, churn: 1658699240 },
};

/** The same by Linux's rule; measured with bench/native/buddy.c. */
const KNOWN_LINUX: typeof KNOWN = {
  [2 ** 24]: { bulk_alloc_o9: 4118924531, churn: 1474830495 },
  [2 ** 28]: { bulk_alloc_o9: 1557363964, churn: 1137004504 },
};

/** Contenders that follow Linux's rule for the tail of a list. */
const LINUX = ["core", "core-call"];

/**
 * Compares what was allocated: the bare allocators with each other and with what is known, the core
 * with the bare allocator in C that has one rule more, which Linux has: a chunk whose parent may
 * soon merge goes to the tail of its list.
 */
export async function checkChecksums(
  rounds: readonly Round[],
  { scale, sequences }: { scale: Scale; sequences: readonly string[] },
): Promise<void> {
  const isWhole = SEQUENCES.every((name) => sequences.includes(name));
  const knownOf = (table: typeof KNOWN): Readonly<Record<string, number>> =>
    isWhole ? (table[scale.pages] ?? {}) : {};
  const bare = rounds.filter(({ contender }) => !LINUX.includes(contender));
  assertSame(bare, knownOf(KNOWN));
  const linux = rounds.filter(({ contender }) => LINUX.includes(contender));
  if (linux.length === 0) return;
  const measured = await linuxChecksums(scale, sequences);
  assertSame(linux, { ...knownOf(KNOWN_LINUX), ...measured });
}

/** The checksums by Linux's rule; none where there is no compiler. */
async function linuxChecksums(
  { pages, repeats, steps }: Scale,
  sequences: readonly string[],
): Promise<Record<string, number>> {
  for (const compiler of COMPILERS) {
    const program = compileNative("buddy", compiler, ["TAIL_RULE"]);
    if ("error" in program) continue;
    const args = [Math.log2(pages), repeats, steps].map(String);
    const measures = await jsonLines<Measure>(program.path, [...args, ...sequences]);
    return Object.fromEntries(measures.map(({ workload, checksum }) => [workload, checksum]));
  }
  return {};
}

function assertSame(rounds: readonly Round[], expected: Readonly<Record<string, number>>): void {
  const seen: Record<string, number> = { ...expected };
  for (const { workload, contender, checksum } of rounds) {
    const other = (seen[workload] ??= checksum ?? 0);
    if (checksum === other) continue;
    throw new Error(
      `${workload}: ${contender} allocated otherwise, checksum ${checksum ?? "none"} in place of ${other}`,
    );
  }
}
