/** A type as a test writes it: a struct or union with its members, or another kind without any. */
export interface SampleType {
  readonly kind: number;
  readonly name?: string;
  readonly members?: readonly {
    readonly name?: string;
    readonly type: number;
    readonly bits: number;
  }[];
  /** The offsets of members carry the width of bit fields. */
  readonly hasWidths?: boolean;
  /** Words behind a type without members. */
  readonly extra?: readonly number[];
}

/** The bytes of types as a kernel writes them (BTF), little-endian. */
export function btfOf(types: readonly SampleType[]): Uint8Array<ArrayBuffer> {
  let strings = "\0";
  const nameOf = (name = ""): number => {
    if (name === "") return 0;
    strings += `${name}\0`;
    return strings.length - name.length - 1;
  };
  const words = types.flatMap(({ kind, name, members = [], hasWidths = false, extra = [] }) => [
    nameOf(name),
    ((hasWidths ? 0x80000000 : 0) | (kind << 24) | members.length) >>> 0,
    0,
    ...members.flatMap((member) => [nameOf(member.name), member.type, member.bits]),
    ...extra,
  ]);
  const typeBytes = words.length * 4;
  const bytes = new Uint8Array(24 + typeBytes + strings.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0xeb9f, true);
  view.setUint8(2, 1);
  const header = [24, 0, typeBytes, typeBytes, strings.length];
  for (const [at, word] of header.entries()) view.setUint32(4 + at * 4, word, true);
  for (const [at, word] of words.entries()) view.setUint32(24 + at * 4, word, true);
  bytes.set(new TextEncoder().encode(strings), 24 + typeBytes);
  return bytes;
}

/** `struct page` with its count of whole mappings in a union of a struct, as up to 6.1. */
export const PAGE_TYPES: readonly SampleType[] = [
  { kind: 1, name: "int", extra: [0x20] },
  {
    kind: 4,
    name: "page",
    members: [
      { name: "flags", type: 1, bits: 0 },
      { type: 3, bits: 64 },
      { name: "_refcount", type: 1, bits: 416 },
    ],
  },
  {
    kind: 5,
    members: [
      { name: "lru", type: 1, bits: 0 },
      { type: 4, bits: 0 },
    ],
  },
  {
    kind: 4,
    members: [
      { name: "compound_head", type: 1, bits: 0 },
      { name: "compound_mapcount", type: 1, bits: 96 },
    ],
  },
];
