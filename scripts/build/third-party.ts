import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

const root = join(import.meta.dirname, "../..");

/** Name, version and licence of each package that `modules`, ids of a bundler, are of. */
export function thirdPartyText(modules: readonly string[]): string {
  const folders = new Set<string>();
  for (const id of modules) {
    const match = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(relative(root, id));
    if (match?.[1] !== undefined) folders.add(match[1]);
  }
  const entries = [...folders].sort().map((name) => {
    const folder = join(root, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
      version: string;
      license: string;
    };
    const licenseFile = join(folder, "LICENSE");
    const text = existsSync(licenseFile) ? `\n${readFileSync(licenseFile, "utf8").trim()}\n` : "";
    return `${name} ${version} (${license})\n${text}`;
  });
  return `These packages are part of the files in this folder.\n\n${entries.join("\n")}`;
}
