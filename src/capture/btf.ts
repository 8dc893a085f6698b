import { viewOf } from "../bytes.js";
import { CaptureError } from "./capture-error.js";

/** `struct btf_header`, include/uapi/linux/btf.h. */
const MAGIC = 0xeb9f;
const VERSION = 1;
const HEADER_SIZE = 24;

/** Bytes of `struct btf_type` and of what follows it once, or once per member. */
const TYPE_SIZE = 12;
const MEMBER_SIZE = 12;
const KIND_STRUCT = 4;
const KIND_UNION = 5;
const KIND_ENUM = 6;
const KIND_ENUM64 = 19;
const KIND_ARRAY = 3;
/** By kind; all others have nothing behind them. */
const EXTRA_SIZE: readonly number[] = Object.assign(new Array<number>(20).fill(0), {
  1: 4, // INT
  [KIND_ARRAY]: 12,
  14: 4, // VAR
  17: 4, // DECL_TAG
});
const SIZE_PER_MEMBER: readonly number[] = Object.assign(new Array<number>(20).fill(0), {
  [KIND_STRUCT]: MEMBER_SIZE,
  [KIND_UNION]: MEMBER_SIZE,
  [KIND_ENUM]: 8,
  13: 8, // FUNC_PROTO
  15: 12, // DATASEC
  [KIND_ENUM64]: 12,
});

/** Structs without a name within a struct; damaged types may lie in themselves. */
const MAX_INNER = 256;

/**
 * The types of a kernel as it carries them itself (`/sys/kernel/btf/vmlinux`): where the members of
 * its structs lie. Little-endian.
 */
export class Btf {
  readonly #view: DataView;
  readonly #file: string;
  /** Where each type begins, by its id; type 0 is void. */
  readonly #types: readonly number[];
  readonly #strings: Uint8Array;

  private constructor(view: DataView, file: string, types: readonly number[], strings: Uint8Array) {
    this.#view = view;
    this.#file = file;
    this.#types = types;
    this.#strings = strings;
  }

  /** @throws CaptureError if these are no types, or damaged ones. */
  static parse(bytes: Uint8Array, file: string): Btf {
    const view = viewOf(bytes);
    const reject = (field: string, rule: string): never => {
      throw new CaptureError(file, field, rule);
    };
    if (bytes.length < HEADER_SIZE || view.getUint16(0, true) !== MAGIC) {
      reject("header", "must begin as BTF does (0xeb9f, little-endian), got something else");
    }
    if (view.getUint8(2) !== VERSION) {
      reject("version", `must be ${VERSION}, got ${view.getUint8(2)}`);
    }
    const section = (at: number): readonly [start: number, end: number] => {
      const start = view.getUint32(4, true) + view.getUint32(at, true);
      return [start, start + view.getUint32(at + 4, true)];
    };
    const [firstType, endOfTypes] = section(8);
    const [firstString, endOfStrings] = section(16);
    if (Math.max(endOfTypes, endOfStrings) > bytes.length) {
      reject("length", `must be ${Math.max(endOfTypes, endOfStrings)} bytes, got ${bytes.length}`);
    }
    const types = [0];
    let at = firstType;
    while (at < endOfTypes) {
      types.push(at);
      if (at + TYPE_SIZE > endOfTypes)
        reject(`type ${types.length - 1}`, "must be whole, got a part");
      const info = view.getUint32(at + 4, true);
      const kind = kindOf(info);
      const extra = EXTRA_SIZE[kind];
      if (kind === 0 || extra === undefined) {
        reject(`type ${types.length - 1}`, `must have a kind from 1 to 19, got ${kind}`);
      }
      at += TYPE_SIZE + (extra ?? 0) + (SIZE_PER_MEMBER[kind] ?? 0) * membersOf(info);
    }
    if (at !== endOfTypes) reject("types", `must end at byte ${endOfTypes}, got an end at ${at}`);
    return new Btf(view, file, types, bytes.subarray(firstString, endOfStrings));
  }

  /**
   * Bytes from the beginning of a struct to a member, also of one within an anonymous struct or
   * union; undefined where the kernel has no such struct or member.
   */
  memberOffset(struct: string, member: string): number | undefined {
    const id = this.#structNamed(struct);
    const bits = id === undefined ? undefined : this.#memberBits(id, member, new Set());
    return bits === undefined ? undefined : bits / 8;
  }

  /** Bytes of a struct; undefined where the kernel has none of that name. */
  sizeOf(struct: string): number | undefined {
    const id = this.#structNamed(struct);
    return id === undefined ? undefined : this.#view.getUint32((this.#types[id] ?? 0) + 8, true);
  }

  /** How many elements a member of a struct has that is an array; undefined where it is none. */
  elementsOf(struct: string, member: string): number | undefined {
    const id = this.#structNamed(struct);
    const type = id === undefined ? undefined : this.#types[id];
    if (type === undefined) return undefined;
    for (let index = 0; index < membersOf(this.#view.getUint32(type + 4, true)); index++) {
      const at = type + TYPE_SIZE + index * MEMBER_SIZE;
      if (!this.#isNamed(at, member)) continue;
      const target = this.#types[this.#view.getUint32(at + 4, true)] ?? 0;
      const isArray = target > 0 && kindOf(this.#view.getUint32(target + 4, true)) === KIND_ARRAY;
      return isArray ? this.#view.getUint32(target + TYPE_SIZE + 8, true) : undefined;
    }
    return undefined;
  }

  /** Values of an enum by name; undefined where the kernel has no such enum. */
  enumOf(name: string): ReadonlyMap<string, number> | undefined {
    for (const at of this.#types.slice(1)) {
      if (isEnum(this.#view.getUint32(at + 4, true)) && this.#isNamed(at, name)) {
        return this.#enumAt(at);
      }
    }
    return undefined;
  }

  /** A constant of any enum, also of one without a name; undefined where there is none. */
  constant(name: string): number | undefined {
    for (const at of this.#types.slice(1)) {
      const info = this.#view.getUint32(at + 4, true);
      if (!isEnum(info)) continue;
      const size = SIZE_PER_MEMBER[kindOf(info)] ?? 0;
      for (let index = 0; index < membersOf(info); index++) {
        const member = at + TYPE_SIZE + index * size;
        if (this.#isNamed(member, name)) return this.#view.getInt32(member + 4, true);
      }
    }
    return undefined;
  }

  #enumAt(at: number): ReadonlyMap<string, number> {
    const info = this.#view.getUint32(at + 4, true);
    const size = SIZE_PER_MEMBER[kindOf(info)] ?? 0;
    const values = new Map<string, number>();
    for (let index = 0; index < membersOf(info); index++) {
      const member = at + TYPE_SIZE + index * size;
      const name = this.#nameAt(this.#view.getUint32(member, true));
      values.set(name, this.#view.getInt32(member + 4, true));
    }
    return values;
  }

  #nameAt(start: number): string {
    const end = this.#strings.indexOf(0, start);
    return new TextDecoder().decode(this.#strings.subarray(start, end < 0 ? undefined : end));
  }

  #structNamed(name: string): number | undefined {
    const id = this.#types.findIndex(
      (at, index) =>
        index > 0 &&
        kindOf(this.#view.getUint32(at + 4, true)) === KIND_STRUCT &&
        this.#isNamed(at, name),
    );
    return id < 0 ? undefined : id;
  }

  /** @param seen - ids of the structs that were looked into. */
  #memberBits(id: number, name: string, seen: Set<number>): number | undefined {
    const type = this.#types[id];
    if (type === undefined || seen.has(id) || seen.size > MAX_INNER) {
      throw new CaptureError(this.#file, `type ${id}`, "must be a type, got none or one in itself");
    }
    seen.add(id);
    const info = this.#view.getUint32(type + 4, true);
    if (id === 0 || (kindOf(info) !== KIND_STRUCT && kindOf(info) !== KIND_UNION)) return undefined;
    for (let index = 0; index < membersOf(info); index++) {
      const at = type + TYPE_SIZE + index * MEMBER_SIZE;
      const place = this.#view.getUint32(at + 8, true);
      // with the kind flag the upper bits are the width of a bit field
      const bits = info >>> 31 === 1 ? place & 0xffffff : place;
      if (this.#isNamed(at, name)) return bits;
      if (this.#view.getUint32(at, true) !== 0) continue;
      const inner = this.#memberBits(this.#view.getUint32(at + 4, true), name, seen);
      if (inner !== undefined) return bits + inner;
    }
    return undefined;
  }

  /** Is the name of the type or member at this place this one? */
  #isNamed(at: number, name: string): boolean {
    const start = this.#view.getUint32(at, true);
    if (this.#strings[start + name.length] !== 0) return false;
    for (let index = 0; index < name.length; index++) {
      if (this.#strings[start + index] !== name.charCodeAt(index)) return false;
    }
    return true;
  }
}

function kindOf(info: number): number {
  return (info >>> 24) & 31;
}

function isEnum(info: number): boolean {
  return kindOf(info) === KIND_ENUM || kindOf(info) === KIND_ENUM64;
}

function membersOf(info: number): number {
  return info & 0xffff;
}
