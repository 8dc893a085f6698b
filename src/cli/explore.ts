import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join, relative, sep } from "node:path";

import type { Command } from "commander";

import { ExplorerServer, type OpenedFile } from "./explorer-server.js";
import { namedCaptures } from "./fleet.js";
import { print, reasonOf } from "./output.js";
import { SIGNALS } from "./until-signal.js";
import { UsageError } from "./usage-error.js";

/** More files are no capture. */
const MOST_FILES = 20_000;

/** @param folder - where the built page lies. */
export function registerExplore(program: Command, folder: string): void {
  program
    .command("explore")
    .description("look at captures and scenarios in a browser: serves a page on this machine alone")
    .argument("[file...]", "captures, scenarios or results of --json to open")
    .action((paths: readonly string[]) => explore(paths, folder));
}

/** Serves until a signal ends it. */
async function explore(paths: readonly string[], folder: string): Promise<void> {
  if (!existsSync(join(folder, "index.html"))) {
    throw new UsageError("explore must find the built page, got none: run npm run build");
  }
  const opened = namedCaptures(paths).map(openedFile);
  const server = new ExplorerServer(folder, opened);
  const ended = new Promise<void>((resolve) => {
    for (const signal of SIGNALS) process.once(signal, resolve);
  });
  print(`The explorer is at ${await server.listen()}\nCtrl-C ends it.\n`);
  await ended;
  await server.close();
}

/** @throws UsageError where there is nothing that can be read. */
function openedFile(path: string): OpenedFile {
  try {
    const name = basename(path);
    if (!statSync(path).isDirectory()) return { name, members: [{ path: name, file: path }] };
    const entries = readdirSync(path, { recursive: true, withFileTypes: true });
    const members = entries
      .filter((entry) => entry.isFile())
      .slice(0, MOST_FILES)
      .map((entry) => {
        const file = join(entry.parentPath, entry.name);
        return { path: relative(path, file).split(sep).join("/"), file };
      });
    if (members.length > 0) return { name, members };
  } catch (cause) {
    throw new UsageError(
      `<file> must be a file or folder that can be read, got: ${reasonOf(cause)}`,
    );
  }
  throw new UsageError(`<file> must be a folder with files in it, got ${path} without any`);
}
