import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { obstacleReason } from "../../../src/predict/obstacle-reason.js";

test.each([
  ["slab", "isolate", "slab", "kernel objects (slab)"],
  ["page-table", "isolate", "kernel", "page tables"],
  ["memmap", "isolate", "memmap", "memmap (struct pages)"],
  ["buffer", "migrate", "buffer", "file system metadata (buffer cache)"],
  ["buffer", "test", "buffer", "file system metadata (buffer cache)"],
  ["anon", "test", "pinned", "pinned anonymous memory"],
  ["thp", "test", "pinned", "anonymous memory in huge pages that did not move"],
  ["shmem", "migrate", "busy", "shared memory or tmpfs files, busy just then"],
  ["hugetlb", "isolate", "other", "reserved huge pages (hugetlb) that this Linux cannot move"],
  ["lru-pending", "isolate", "busy", "pages in an LRU-add batch"],
  [null, "memory", "memory", "pages with no free memory to migrate to"],
  ["anon", "memory", "memory", "pages with no free memory to migrate to"],
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
