/**
 * What users import: each entry of the package, with the file that it stands in. All else follows
 * from this list: the files in `dist/`, their declarations, `exports` of package.json.
 */
export const ENTRIES: Readonly<Record<string, { readonly path: string; readonly source: string }>> =
  {
    index: { path: ".", source: "src/index.ts" },
    device: { path: "./device", source: "src/device.ts" },
    core: { path: "./core", source: "src/core.ts" },
    node: { path: "./node", source: "src/node/index.ts" },
  };

/** Their sources by name, as a bundler takes them. */
export const ENTRY_SOURCES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(ENTRIES).map(([name, { source }]) => [name, source]),
);

/** Entries that only Node loads; the others run everywhere. */
const NODE_ONLY: readonly string[] = ["node"];

/**
 * What package.json says of the entries under `exports`.
 *
 * Node starts soonest with one file, bundlers leave out most with many: so there are both, of the
 * same code. Bundlers for Node know `module`, too. `workerd` and `edge-light` are hosts that take
 * the core as a module alone.
 */
export function packageExports(): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(ENTRIES).map(([name, { path }]) => {
      const modules = `./dist/modules/${name}.js`;
      const whole = `./dist/${name}.js`;
      const byHost = NODE_ONLY.includes(name)
        ? { module: modules, default: whole }
        : {
            workerd: modules,
            "edge-light": modules,
            module: modules,
            node: whole,
            default: modules,
          };
      return [
        path,
        {
          import: { types: `./dist/types/${name}.d.mts`, ...byHost },
          require: { types: `./dist/types/${name}.d.cts`, default: `./dist/${name}.cjs` },
        },
      ];
    }),
  );
}

/** What package.json says under `imports`: where the modules of the package find its core. */
export function packageImports(): Record<string, unknown> {
  return {
    "#packaged-core": {
      workerd: "./dist/modules/packaged-core.workerd.js",
      "edge-light": "./dist/modules/packaged-core.edge-light.js",
      default: "./dist/modules/packaged-core.js",
    },
  };
}
