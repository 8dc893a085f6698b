import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";

/**
 * Name of the engine that runs: its version and a hash of what is built. Results of another
 * version, or of another build, are others.
 *
 * @param dist - The folder `dist/` that runs.
 */
export function engineHash(dist: URL): string {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", dist), "utf8")) as {
    version: string;
  };
  const hash = createHash("sha256");
  hash.update(readFileSync(new URL("core.wasm", dist)));
  for (const name of readdirSync(new URL("shared", dist)).sort()) {
    if (name.endsWith(".js")) hash.update(readFileSync(new URL(`shared/${name}`, dist)));
  }
  return `${version}+${hash.digest("hex").slice(0, 16)}`;
}
