import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { build, type InlineConfig, type Plugin, type Rolldown } from "vite";

import { releaseCore } from "./core.js";
import type { Output, Step } from "./step.js";
import { thirdPartyText } from "./third-party.js";

const root = join(import.meta.dirname, "../..");
const EXAMPLE = "examples/captures/web-server.tar.gz";

/** The page, as static files: `dist/explorer/`. */
export const explorerPage: Step = {
  name: "explorer",
  after: [releaseCore],
  inputs: [
    "explorer",
    "src",
    "build/inline.js",
    "docs/scenario.schema.json",
    "examples/scenarios",
    EXAMPLE,
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "scripts/build/explorer.ts",
    "scripts/build/third-party.ts",
  ],
  async run() {
    const modules = new Set<string>();
    const result = await build(configFor(modules));
    const outputs = (Array.isArray(result) ? result : [result]) as Rolldown.RolldownOutput[];
    const files = outputs
      .flatMap(({ output }) => output)
      .map((file): Output => ({
        path: `dist/explorer/${file.fileName}`,
        content: file.type === "chunk" ? file.code : file.source,
      }));
    return [
      ...files,
      { path: "dist/explorer/THIRD-PARTY.txt", content: thirdPartyText([...modules]) },
    ];
  },
};

/** @param modules - gets the ids of all modules that end up in the page. */
export function configFor(modules: Set<string>): InlineConfig {
  const plugins = (): Plugin[] => [example(), collecting(modules)];
  return {
    configFile: false,
    root: join(root, "explorer"),
    base: "./",
    logLevel: "error",
    plugins: plugins(),
    worker: { format: "es", plugins },
    build: {
      write: false,
      target: "es2022",
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      // the engine with its core is one chunk, in its worker
      chunkSizeWarningLimit: 1000,
    },
  };
}

/** The captured web server as a module: a page without requests cannot fetch it. */
function example(): Plugin {
  const id = "virtual:web-server";
  return {
    name: "example-capture",
    resolveId: (source) => (source === id ? `\0${id}` : null),
    load(source) {
      if (source !== `\0${id}`) return null;
      const base64 = readFileSync(join(root, EXAMPLE)).toString("base64");
      return `export const base64 = ${JSON.stringify(base64)};`;
    },
  };
}

function collecting(modules: Set<string>): Plugin {
  return {
    name: "collect-modules",
    generateBundle(_, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== "chunk") continue;
        for (const id of file.moduleIds) if (existsSync(id)) modules.add(id);
      }
    },
  };
}
