import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { obstacleReason } from "../../../src/predict/obstacle-reason.js";

test.each([
  ["slab", "isolate", "slab", "kernel objects (slab)"],
  ["page-table", "isolate", "kernel", "page tables of programs"],
  ["memmap", "isolate", "memmap", "bookkeeping of other memory blocks (memmap)"],
  ["buffer", "migrate", "buffer", "file system metadata (buffer cache)"],
  ["buffer", "test", "buffer", "file system metadata (buffer cache)"],
  ["anon", "test", "pinned", "pinned program memory"],
  ["thp", "test", "pinned", "program memory in huge pages that did not move"],
  ["shmem", "migrate", "busy", "shared memory or tmpfs files, busy just then"],
  ["hugetlb", "isolate", "other", "reserved huge pages (hugetlb) that this Linux cannot move"],
  ["lru-pending", "isolate", "busy", "pages waiting in a short queue"],
  [null, "memory", "memory", "data with nowhere to go"],
  ["anon", "memory", "memory", "data with nowhere to go"],
  ["free", "test", "other", "pages of class free"],
] as const)("%s at stage %s is in group %s: %s", (pageClass, stage, group, heldBy) => {
  expect(obstacleReason({ class: pageClass, stage })).toEqual({ group, heldBy });
});

test("every page class of the engine has a name in the schema", () => {
  const abi = readFileSync(new URL("../../../assembly/abi.ts", import.meta.url), "utf8");
  const constants = [...abi.matchAll(/^export const PAGE_([A-Z_]+): u32 = (\d+);/gm)]
    .filter(([, name]) => name !== "SHIFT" && name !== "CLASSES")
    .map(([, name = ""]) => name.toLowerCase().replaceAll("_", "-"));
  const schema = JSON.parse(
    readFileSync(new URL("../../../docs/prediction.schema.json", import.meta.url), "utf8"),
  ) as {
    properties: { obstacles: { items: { properties: { class: { enum: (string | null)[] } } } } };
  };
  const named = schema.properties.obstacles.items.properties.class.enum;
  expect(named).toEqual([...constants, null]);
});
