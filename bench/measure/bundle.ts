import { join } from "node:path";

import { rolldown } from "rolldown";

const root = join(import.meta.dirname, "../..");
const OUTPUT = join(root, "build/bench");

/**
 * Makes one JavaScript file of a TypeScript program of bench/, so that a measured process runs nothing but what it measures.
 *
 * @param path - of the program, relative to bench/.
 * @returns path of the file.
 */
export async function bundle(path: string): Promise<string> {
  const name = path.replaceAll("/", "-").replace(/\.ts$/, ".js");
  const build = await rolldown({ input: join(root, "bench", path), platform: "node" });
  const file = join(OUTPUT, name);
  await build.write({ file, format: "esm", codeSplitting: false });
  await build.close();
  return file;
}
