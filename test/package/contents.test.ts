import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { expect, inject, test } from "vitest";

import { binOf, runNode } from "./run.js";

const consumer = inject("consumer");
const tarball = inject("tarball");

test("publint finds nothing wrong with the tarball", () => {
  const report = runNode([binOf("publint"), tarball, "--strict"], consumer);
  expect(report).toContain("All good!");
});

test("are-the-types-wrong finds nothing wrong with the tarball, in any resolution mode", () => {
  const config = join(import.meta.dirname, "../../.attw.json");
  const report = runNode([binOf("attw"), tarball, "--config-path", config], consumer);
  expect(report).toContain("No problems found");
});

test.each([
  { resolution: "Node", flags: "--module nodenext", files: ["types.mts", "types.cts"] },
  {
    resolution: "a bundler",
    flags: "--module esnext --moduleResolution bundler",
    files: ["types.mts"],
  },
])("the declarations satisfy a strict compiler that resolves like $resolution", (row) => {
  const strict = "--strict --exactOptionalPropertyTypes --skipLibCheck false";
  const options = `--noEmit --target es2022 ${strict} ${row.flags}`;
  runNode([binOf("tsc"), ...options.split(" "), ...row.files], consumer);
});

test.each(["es2022,dom", "es2022,webworker"])(
  "the declarations need no other libraries than %s",
  (libraries) => {
    const program = `import * as engine from "virtio-mem-engine";\nexport { engine };\n`;
    writeFileSync(join(consumer, "libraries.mts"), program);
    const options = `--noEmit --target es2022 --strict --module nodenext --lib ${libraries}`;
    runNode([binOf("tsc"), ...options.split(" "), "libraries.mts"], consumer);
  },
);

test("the schema of predictions can be imported, and is the one of the documents", () => {
  const schema = createRequire(join(consumer, "index.js")).resolve(
    "virtio-mem-engine/prediction.schema.json",
  );
  const documented = join(import.meta.dirname, "../../docs/prediction.schema.json");
  expect(readFileSync(schema, "utf8")).toBe(readFileSync(documented, "utf8"));
});

test("the library is at most 100 kB after gzip", () => {
  const dist = join(consumer, "node_modules/virtio-mem-engine/dist");
  expect(gzipSync(readFileSync(join(dist, "index.js"))).length).toBeLessThanOrEqual(100_000);
});

test("the core is at most 96 KiB", () => {
  const core = createRequire(join(consumer, "index.js")).resolve("virtio-mem-engine/core.wasm");
  expect(readFileSync(core).length).toBeLessThanOrEqual(98_304);
});
