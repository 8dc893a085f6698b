import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

import { distJs, distTypes } from "../../scripts/build/dist.js";
import { explorerPage } from "../../scripts/build/explorer.js";
import { bringUpToDate } from "../../scripts/build/step.js";
import { findChromium, type Chromium } from "./chromium.js";

declare module "vitest" {
  interface ProvidedContext {
    /** The packed package. */
    tarball: string;
    /** A folder with nothing but the package installed from it, and the files of `consumer/`. */
    consumer: string;
    /** What the browser tests run in, or why they are left out. */
    chromium: Chromium | { readonly leftOut: string };
  }
}

/** Packs the package as it would be published and installs it into an empty folder. */
export default async function setup({ provide }: TestProject): Promise<() => void> {
  await bringUpToDate([distJs, distTypes, explorerPage]);
  const chromium = await findChromium();
  if ("leftOut" in chromium) console.log(chromium.leftOut);
  const folder = mkdtempSync(join(tmpdir(), "virtio-mem-package-"));
  const consumer = join(folder, "consumer");
  const root = join(import.meta.dirname, "../..");

  // The build is fresh, and prepack would run it once more.
  const packed = npm(root, "pack", "--ignore-scripts", "--json", "--pack-destination", folder);
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  const tarball = join(folder, filename);

  cpSync(join(import.meta.dirname, "consumer"), consumer, { recursive: true });
  cpSync(join(import.meta.dirname, "scenario.mjs"), join(consumer, "scenario.mjs"));
  writeFileSync(join(consumer, "package.json"), '{ "private": true, "type": "module" }\n');
  npm(consumer, "install", "--prefer-offline", "--no-audit", "--no-fund", tarball);

  provide("tarball", tarball);
  provide("consumer", consumer);
  provide("chromium", chromium);
  return () => {
    rmSync(folder, { recursive: true });
  };
}

function npm(cwd: string, ...args: string[]): string {
  return execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}
