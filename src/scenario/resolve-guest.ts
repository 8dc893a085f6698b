import { bootRangesOf, endOfBoot } from "../guest/boot-memory.js";
import type { BootRange } from "../guest/options.js";
import { DEFAULT_ONLINE_SETTINGS } from "../linux/online-policy.js";
import { formatSize, GiB, MiB } from "../units.js";
import type { Fields } from "./file/fields.js";
import type { ScenarioGuest } from "./scenario.js";
import { PAGE_SIZE, PAGEBLOCK_SIZE } from "../core/abi.js";

/** Bytes of page for a byte of its struct page. */
const MEMMAP_SHARE = 64;
/** The kernel's image and what it takes when it boots, beside its memmap. */
const KERNEL_SIZE = 64 * MiB;

export function resolveGuest(fields: Fields): ScenarioGuest {
  const bootRanges = resolveBoot(fields);
  const total = bootRanges.reduce((sum, { size }) => sum + size, 0);
  const memoryBlockSize = fields.size("memoryBlockSize", 128 * MiB);
  fields.powerOfTwo("memoryBlockSize", memoryBlockSize, 128 * MiB, 2 * GiB);
  const driver = fields.child("driver");
  const online = DEFAULT_ONLINE_SETTINGS;
  return {
    bootRanges,
    kernelMemory: resolveKernel(fields, total),
    memoryBlockSize,
    profile: fields.choice("profile", "v6.1"),
    online: {
      autoOnline: fields.choice("online", online.autoOnline),
      onlinePolicy: fields.choice("onlinePolicy", online.onlinePolicy),
      autoMovableRatio: fields.number("autoMovableRatio", online.autoMovableRatio),
      autoMovableNumaAware: fields.flag("autoMovableNumaAware", online.autoMovableNumaAware),
      movableNode: fields.flag("movableNode", online.movableNode),
    },
    subblockSize: fields.has("subblockSize") ? resolveSubblock(fields) : undefined,
    cachedCpus: fields.number("cachedCpus", 0),
    driver: {
      ...(driver.has("unplugOnline") ? { unplugOnline: driver.flag("unplugOnline", true) } : {}),
      ...(driver.has("forceBbm") ? { forceBbm: driver.flag("forceBbm", false) } : {}),
      ...(driver.has("bbmBlockSize") ? { bbmBlockSize: driver.size("bbmBlockSize", 0) } : {}),
      ...(driver.has("bbmSafeUnplug") ? { bbmSafeUnplug: driver.flag("bbmSafeUnplug", true) } : {}),
    },
  };
}

function resolveSubblock(fields: Fields): number {
  const size = fields.size("subblockSize", 0);
  fields.powerOfTwo("subblockSize", size, PAGEBLOCK_SIZE, 2 * GiB);
  return size;
}

function resolveBoot(fields: Fields): readonly BootRange[] {
  if (!fields.has("bootRanges")) {
    const size = fields.size("bootMemory", GiB);
    fields.multiple("bootMemory", size, PAGE_SIZE);
    if (size < 128 * MiB) {
      fields.reject("bootMemory", `must be at least 128 MiB, got ${formatSize(size)}`);
    }
    return bootRangesOf(size);
  }
  if (fields.has("bootMemory")) fields.reject("bootRanges", "must not stand beside bootMemory");
  const ranges = fields.list("bootRanges").map((range) => {
    const [start, size] = [range.size("start", 0), range.size("size", 0)];
    range.multiple("start", start, PAGE_SIZE);
    range.multiple("size", size, PAGE_SIZE);
    if (size === 0) range.reject("size", "must be at least 4 KiB, got 0 B");
    return { start, size, node: range.number("node", 0) };
  });
  try {
    endOfBoot(ranges);
  } catch (error) {
    if (error instanceof RangeError) {
      fields.reject("bootRanges", error.message.replace(/^bootRanges /, ""));
    }
    throw error;
  }
  return ranges;
}

function resolveKernel(fields: Fields, total: number): number {
  const size = fields.size("kernelMemory", Math.floor(total / MEMMAP_SHARE) + KERNEL_SIZE);
  if (size >= total) {
    fields.reject(
      "kernelMemory",
      `must be less than the boot memory (${formatSize(total)}), got ${formatSize(size)}`,
    );
  }
  return Math.ceil(size / PAGEBLOCK_SIZE) * PAGEBLOCK_SIZE;
}
