/** Structs and enums of which a dump's reader asks where members lie. */
const KEPT = new Set([
  "cpu_fbatches",
  "folio",
  "folio_batch",
  "free_area",
  "hstate",
  "kernel_param",
  "list_head",
  "lru_pvecs",
  "mem_section",
  "mem_section_usage",
  "migratetype",
  "module",
  "node_stat_item",
  "numa_stat_item",
  "page",
  "pageblock_bits",
  "pageflags",
  "pagetype",
  "pagevec",
  "per_cpu_pages",
  "per_cpu_pageset",
  "pglist_data",
  "resource",
  "slab",
  "vm_event_item",
  "zone",
  "zone_stat_item",
  "zone_type",
  "zone_watermarks",
]);
const ARRAY = 3;
const STRUCT = 4;
const UNION = 5;
const ENUM = 6;
const TYPE = 12;
const EXTRA: Readonly<Record<number, number>> = { 1: 4, 3: 12, 14: 4, 17: 4 };
const PER_MEMBER: Readonly<Record<number, number>> = { 4: 12, 5: 12, 6: 8, 13: 8, 15: 12, 19: 12 };

/** Types of a kernel with those of {@link KEPT} and what lies in them; the others become void. */
export function reducedTypes(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = view.getUint32(4, true);
  const start = header + view.getUint32(8, true);
  const end = start + view.getUint32(12, true);
  const strings = bytes.subarray(header + view.getUint32(16, true));
  const nameAt = (at: number) =>
    Buffer.from(strings.subarray(at, strings.indexOf(0, at))).toString("latin1");
  const places = [0];
  const sizes = [0];
  for (let at = start; at < end; at += sizes.at(-1) ?? 0) {
    const info = view.getUint32(at + 4, true);
    const kind = (info >>> 24) & 31;
    places.push(at);
    sizes.push(TYPE + (EXTRA[kind] ?? 0) + (PER_MEMBER[kind] ?? 0) * (info & 0xffff));
  }
  const kindOf = (id: number) => (view.getUint32((places[id] ?? 0) + 4, true) >>> 24) & 31;
  const membersOf = (id: number) => view.getUint32((places[id] ?? 0) + 4, true) & 0xffff;
  const idOf = new Map<number, number>();
  const keep = (id: number) => {
    if (id === 0 || idOf.has(id)) return;
    const kind = kindOf(id);
    const name = nameAt(view.getUint32(places[id] ?? 0, true));
    const isInner = name === "" && (kind === STRUCT || kind === UNION);
    if (!isInner && kind !== ARRAY && !(KEPT.has(name) && [STRUCT, UNION, ENUM].includes(kind)))
      return;
    idOf.set(id, idOf.size + 1);
    if (kind !== STRUCT && kind !== UNION) return;
    for (let member = 0; member < membersOf(id); member++) {
      keep(view.getUint32((places[id] ?? 0) + TYPE + member * 12 + 4, true));
    }
  };
  for (let id = 1; id < places.length; id++) {
    const kind = kindOf(id);
    const name = nameAt(view.getUint32(places[id] ?? 0, true));
    const isNamed = KEPT.has(name) && [STRUCT, ENUM].includes(kind);
    if (isNamed || (kind === ENUM && hasMember(id))) {
      KEPT.add(name);
      if (name === "") idOf.set(id, idOf.size + 1);
      else keep(id);
    }
  }
  /** Of an enum without a name that is asked for by a constant. */
  function hasMember(id: number): boolean {
    for (let member = 0; member < membersOf(id); member++) {
      const name = nameAt(view.getUint32((places[id] ?? 0) + TYPE + member * 8, true));
      if (name === "PG_table" || name === "PGTY_table") return true;
    }
    return false;
  }
  let text = "\0";
  const texts = new Map<string, number>([["", 0]]);
  const put = (at: number): number => {
    const name = nameAt(at);
    const known = texts.get(name);
    if (known !== undefined) return known;
    const place = text.length;
    text += `${name}\0`;
    texts.set(name, place);
    return place;
  };
  const parts = [...idOf.keys()].map((id) => {
    const place = places[id] ?? 0;
    const copy = new Uint8Array(bytes.subarray(place, place + (sizes[id] ?? 0)));
    const to = new DataView(copy.buffer);
    const kind = kindOf(id);
    to.setUint32(0, put(to.getUint32(0, true)), true);
    if (kind === ARRAY) {
      to.setUint32(TYPE, idOf.get(to.getUint32(TYPE, true)) ?? 0, true);
      to.setUint32(TYPE + 4, 0, true);
    }
    for (let at = TYPE; kind !== ARRAY && at < copy.length; at += PER_MEMBER[kind] ?? 12) {
      to.setUint32(at, put(to.getUint32(at, true)), true);
      if (kind === ENUM) continue;
      to.setUint32(at + 4, idOf.get(to.getUint32(at + 4, true)) ?? 0, true);
    }
    return copy;
  });
  const types = Buffer.concat(parts);
  const head = new Uint8Array(bytes.subarray(0, 24));
  const to = new DataView(head.buffer);
  for (const [index, word] of [24, 0, types.length, types.length, text.length].entries()) {
    to.setUint32(4 + index * 4, word, true);
  }
  return Buffer.concat([head, types, Buffer.from(text, "latin1")]);
}
