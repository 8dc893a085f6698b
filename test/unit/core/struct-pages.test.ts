import { describe, expect, test } from "vitest";

import { classOfState, PageClass } from "../../../src/core/abi.js";
import { PageMemory } from "../../../src/core/page-memory.js";
import type { StructPageLayout } from "../../../src/struct-page.js";
import { linuxProfile } from "../../../src/linux/profile.js";
import { ZoneTable } from "../../../src/linux/zone-table.js";
import { coreModule } from "../../core-under-test.js";
import { KPF } from "./loaded-guest.js";

/** None that a kernel has: no offset can be known by heart. */
const LAYOUT: StructPageLayout = {
  size: 128,
  flags: 16,
  refCount: 100,
  mapCount: 104,
  mapping: 40,
  wholeMapCount: 128 + 64,
  lruBit: 9,
  headBit: 33,
};
const LRU = 1n << 9n;
const HEAD = 1n << 33n;
const BLOCK = 512;
const ANON = KPF.lru | KPF.anon | KPF.swapbacked | KPF.uptodate | KPF.mmap;

interface StructPage {
  readonly flags?: bigint;
  readonly refs?: number;
  /** As the kernel has it: one less than the mappings, or a page type. */
  readonly maps?: number;
  readonly mapping?: bigint;
  /** How often the folio before is mapped as a whole, less one. */
  readonly whole?: number;
}

function bytesOf(pages: readonly StructPage[], layout = LAYOUT): Uint8Array {
  const bytes = new Uint8Array(pages.length * layout.size);
  const view = new DataView(bytes.buffer);
  for (const [index, { flags = 0n, refs = 0, maps = -1, mapping = 0n, whole }] of pages.entries()) {
    const at = index * layout.size;
    view.setBigUint64(at + layout.flags, flags, true);
    view.setInt32(at + layout.refCount, refs, true);
    view.setInt32(at + layout.mapCount, maps, true);
    view.setBigUint64(at + layout.mapping, mapping, true);
    if (whole !== undefined) view.setInt32(at + 64, whole, true);
  }
  return bytes;
}

/** A pageblock whose first pages these are; the others are free. */
async function load(
  pages: readonly { readonly kpf: bigint; readonly struct: StructPage }[],
  layout = LAYOUT,
) {
  const memory = await PageMemory.create(BLOCK, linuxProfile("v6.12").mm, coreModule());
  const zone = new ZoneTable(memory, { minFreeLimitKib: 262_144 }).zone("Normal", 0);
  const all = Array.from(
    { length: BLOCK },
    (_, pfn) => pages[pfn] ?? { kpf: KPF.buddy, struct: {} },
  );
  const { loader } = memory;
  loader.useStructPages(layout);
  loader.clearExtended(BLOCK);
  loader.stageStructPages(
    bytesOf(
      all.map(({ struct }) => struct),
      layout,
    ),
    0,
  );
  loader.decodeStructPages(0, BLOCK, 0);
  loader.stageFlags(new Uint8Array(BigUint64Array.from(all, ({ kpf }) => kpf).buffer), 0);
  const changed = loader.dropChangedPages(BLOCK);
  loader.loadStaged(0, BLOCK, zone.id, { hasExtended: true, inDevice: true });
  loader.finishLoad(true);
  const states = Array.from({ length: BLOCK }, (_, pfn) => memory.pageState(pfn));
  return { states, changed };
}

const used = { flags: LRU, refs: 1, maps: 0 };

describe("struct pages", () => {
  test("tell a pinned page from one that is only mapped", async () => {
    const { states, changed } = await load([
      { kpf: ANON, struct: used },
      { kpf: ANON, struct: { ...used, refs: 2 } },
      { kpf: ANON, struct: { ...used, refs: 5, maps: 4 } },
      { kpf: ANON, struct: { ...used, refs: 1025 } },
    ]);
    expect(changed).toBe(0);
    const [mapped, pinned] = states;
    expect(classOfState(mapped ?? 0)).toBe(PageClass.Anon);
    expect(pinned).not.toBe(mapped);
    expect(states.slice(0, 4)).toEqual([mapped, pinned, mapped, pinned]);
  });

  test("tell a kernel page from a free one in a cache", async () => {
    const { states } = await load([
      { kpf: 0n, struct: { refs: 1 } },
      { kpf: KPF.slab, struct: { refs: 1 } },
      { kpf: 0n, struct: {} },
    ]);
    expect(states.slice(0, 3).map(classOfState)).toEqual([
      PageClass.Kernel,
      PageClass.Slab,
      PageClass.Free,
    ]);
  });

  test("know a page that its driver moves by its mapping, but not a slab", async () => {
    const mapping = 0xffff_8880_0000_0002n;
    const { states } = await load([
      { kpf: 0n, struct: { refs: 1, mapping } },
      { kpf: KPF.slab, struct: { refs: 1, mapping } },
    ]);
    expect(states.slice(0, 2).map(classOfState)).toEqual([PageClass.DriverMovable, PageClass.Slab]);
  });

  test("count mappings of a folio as a whole", async () => {
    const head = { flags: LRU | HEAD, refs: 1 };
    const folio = (refs: number, whole: number) => [
      { kpf: ANON | KPF.head, struct: { ...head, refs } },
      { kpf: ANON | KPF.tail, struct: { whole } },
    ];
    const { states } = await load([...folio(1, 0), ...folio(2, 0), ...folio(3, 2)]);
    const [mapped, , pinned] = states;
    expect(pinned).not.toBe(mapped);
    expect(states[4]).toBe(mapped);
  });

  test("leave folios to the flags where nothing says how often they are mapped", async () => {
    const folio = [
      { kpf: ANON | KPF.head, struct: { flags: LRU | HEAD, refs: 9 } },
      { kpf: ANON | KPF.tail, struct: {} },
    ];
    const { states, changed } = await load([...folio, { kpf: ANON, struct: used }], {
      ...LAYOUT,
      wholeMapCount: undefined,
    });
    expect(changed).toBe(0);
    expect(states[0]).toBe(states[2]);
  });

  test("count pages that changed between the two reads, and believe the flags of those", async () => {
    const { states, changed } = await load([
      { kpf: ANON, struct: used },
      // freed; freed and taken by the kernel; not mapped yet; taken from the kernel
      { kpf: KPF.buddy, struct: { ...used, refs: 3 } },
      { kpf: 0n, struct: { ...used, refs: 3 } },
      { kpf: ANON, struct: { ...used, refs: 3, maps: -1 } },
      { kpf: ANON, struct: { refs: 3 } },
    ]);
    expect(changed).toBe(4);
    expect(states[3]).toBe(states[0]);
    expect(states[4]).toBe(states[0]);
    expect(classOfState(states[1] ?? 0)).toBe(PageClass.Free);
  });

  test("have counts that overflow a word of the extended state", async () => {
    const { states } = await load([
      { kpf: ANON, struct: used },
      { kpf: ANON, struct: { ...used, refs: 2 ** 31 - 1 } },
      { kpf: ANON, struct: { ...used, refs: 9000, maps: 8999 } },
      { kpf: ANON, struct: { ...used, refs: 9000, maps: 0 } },
    ]);
    expect(states[2]).toBe(states[0]);
    expect(states[1]).not.toBe(states[0]);
    expect(states[3]).not.toBe(states[0]);
  });

  test.each([
    { size: 24 },
    { size: 260 },
    { size: 264 },
    { flags: 124 },
    { refCount: 2 ** 32 - 4 },
    { mapCount: 101 },
    { mapping: 121 },
    { wholeMapCount: 512 },
    { lruBit: 64 },
    { headBit: 64 },
  ])("are refused where the layout cannot be: %j", async (lie) => {
    const memory = await PageMemory.create(BLOCK, linuxProfile("v6.12").mm, coreModule());
    expect(() => {
      memory.loader.useStructPages({ ...LAYOUT, ...lie });
    }).toThrow("EINVAL");
  });
});
