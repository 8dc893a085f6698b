import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const SOURCE = join(root, "bench/native");
const OUTPUT = join(root, "build/bench");

/** Compilers of the native references, as they are called. */
export const COMPILERS = ["gcc", "clang"] as const;
export type Compiler = (typeof COMPILERS)[number];

/**
 * Compiles bench/native/`program`.c with -O3, for this processor unless `machine` says another.
 *
 * @returns path of the program, or what went wrong: a machine without that compiler measures
 *   without it.
 */
export function compileNative(
  program: string,
  compiler: Compiler,
  defines: readonly string[] = [],
  machine: readonly string[] = ["-march=native"],
): { path: string } | { error: string } {
  mkdirSync(OUTPUT, { recursive: true });
  const path = join(OUTPUT, [program, compiler, ...defines, ...machine].join("-"));
  const flags = ["-O3", "-std=gnu11", ...machine, ...defines.map((name) => `-D${name}`)];
  const result = spawnSync(compiler, [...flags, "-o", path, join(SOURCE, `${program}.c`)], {
    encoding: "utf8",
  });
  if (result.error !== undefined) return { error: result.error.message };
  if (result.status !== 0) return { error: result.stderr.trim() };
  return { path };
}

/** First line of what a compiler says of itself, or undefined where there is none. */
export function compilerVersion(compiler: Compiler): string | undefined {
  const { stdout, status } = spawnSync(compiler, ["--version"], { encoding: "utf8" });
  return status === 0 ? stdout.split("\n", 1)[0] : undefined;
}
