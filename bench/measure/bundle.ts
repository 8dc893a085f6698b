import { readFileSync } from "node:fs";
import { join } from "node:path";

import { rolldown } from "rolldown";

const root = join(import.meta.dirname, "../..");
const OUTPUT = join(root, "build/bench");
const INLINE_CORE = join(root, "build/inline.js");
const BENCH_CORE = join(root, "build/bench-inline.js");

/**
 * What takes the place of build/inline.js where the loops inside the core are to run; the build
 * step `bench` makes it.
 */
export function benchCore(): string {
  return readFileSync(BENCH_CORE, "utf8");
}

/**
 * Makes one JavaScript file of a TypeScript program of bench/, so that a measured process runs
 * nothing but what it measures.
 *
 * @param path - of the program, relative to bench/.
 * @param core - takes the place of build/inline.js.
 * @returns path of the file.
 */
export async function bundle(path: string, core?: string): Promise<string> {
  const name = path.replaceAll("/", "-").replace(/\.ts$/, core === undefined ? ".js" : "-core.js");
  const build = await rolldown({
    input: join(root, "bench", path),
    platform: "node",
    plugins: [{ name: "core", load: (id) => (id === INLINE_CORE ? (core ?? null) : null) }],
  });
  const file = join(OUTPUT, name);
  await build.write({ file, format: "esm", codeSplitting: false });
  await build.close();
  return file;
}
