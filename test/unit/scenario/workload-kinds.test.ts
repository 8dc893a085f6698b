import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { PageMemory } from "../../../src/core/page-memory.js";
import { KernelError } from "../../../src/core/kernel-error.js";
import { linuxProfile } from "../../../src/linux/profile.js";
import { coreWorkload } from "../../../src/scenario/workload/index.js";
import { KINDS } from "../../../src/scenario/workload/kinds.js";
import { coreModule } from "../../core-under-test.js";

const root = join(import.meta.dirname, "../../..");
const NAMES = Object.keys(KINDS) as (keyof typeof KINDS)[];

/** The exported numbers of a kind's file in the core, by name. */
function numbersOf(kind: string): Map<string, number> {
  const text = readFileSync(join(root, "assembly/workload", `${kind}.ts`), "utf8");
  const found = text.matchAll(/^export const (\w+): u32 = (\d+);/gm);
  return new Map([...found].map(([, name = "", value]) => [name, Number(value)]));
}

function constantOf(name: string): string {
  return name.replace(/[A-Z]/g, "_$&").replaceAll("-", "_").toUpperCase();
}

test.each(NAMES)("the numbers of %s are the same on both sides", (kind) => {
  const { number, settings } = coreWorkload(kind);
  const expected = new Map([[`WORKLOAD_${constantOf(kind)}`, number]]);
  for (const [name, index] of Object.entries(settings)) expected.set(constantOf(name), index);
  expect(numbersOf(kind)).toEqual(expected);
});

test("no two kinds have the same number, and the core knows each", () => {
  expect(new Set(NAMES.map((kind) => KINDS[kind].core.number)).size).toBe(NAMES.length);
  const { workloads } = PageMemory.createSync(512, linuxProfile("v6.1").mm, coreModule());
  for (const kind of NAMES) {
    const core = coreWorkload(kind);
    const settings = Object.fromEntries(Object.keys(core.settings).map((name) => [name, 1]));
    expect(workloads.look(workloads.add(core, 1, settings)).state).toBe("new");
  }
  const unknown = { number: NAMES.length, settings: {} };
  expect(() => workloads.add(unknown, 1, {})).toThrow(KernelError);
});

// CONTRIBUTING.md, "Add a workload": a file and the lists of kinds.ts, on each side
test.each([
  { side: "assembly/workload", top: "assembly", except: ["exports/workloads.ts frag"] },
  { side: "src/scenario/workload", top: "src", except: [] },
])("in $side only kinds.ts imports the files of kinds", ({ side, top, except }) => {
  const importers = filesBelow(join(root, top)).flatMap((file) => {
    const text = readFileSync(join(root, top, file), "utf8");
    return NAMES.filter((kind) =>
      new RegExp(`from "(\\./|[./]+/workload/)${kind}(\\.js)?";`).test(text),
    ).map((kind) => `${file} ${kind}`);
  });
  const list = `${side.slice(top.length + 1)}/kinds.ts`;
  expect(importers.sort()).toEqual([...NAMES.map((kind) => `${list} ${kind}`), ...except].sort());
});

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
}
