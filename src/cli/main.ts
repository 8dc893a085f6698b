#!/usr/bin/env node
import { readFileSync } from "node:fs";

import { Command } from "commander";

const { version } = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
) as { version: string };

await new Command("virtio-mem")
  .description("Models virtio-mem memory hot(un)plug of Linux guests page by page")
  .version(version)
  .parseAsync();
