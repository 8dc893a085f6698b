import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { Btf } from "../../../src/capture/btf.js";
import { CaptureError } from "../../../src/capture/capture-error.js";
import { btfOf, PAGE_TYPES } from "./sample-types.js";

const parse = (bytes: Uint8Array) => Btf.parse(bytes, "btf");

describe("the types of a kernel", () => {
  test("say where members lie, also within structs without a name", () => {
    const btf = parse(btfOf(PAGE_TYPES));
    expect(btf.memberOffset("page", "flags")).toBe(0);
    expect(btf.memberOffset("page", "_refcount")).toBe(52);
    expect(btf.memberOffset("page", "compound_mapcount")).toBe(20);
  });

  test("say where nothing lies", () => {
    const btf = parse(btfOf(PAGE_TYPES));
    expect(btf.memberOffset("page", "lr")).toBeUndefined();
    expect(btf.memberOffset("folio", "_entire_mapcount")).toBeUndefined();
    // a name of another kind of type
    expect(btf.memberOffset("int", "flags")).toBeUndefined();
  });

  test("take the width of a bit field away from its place", () => {
    const member = { name: "wide", type: 1, bits: (3 << 24) | 128 };
    const types = [PAGE_TYPES[0]!, { kind: 4, name: "s", hasWidths: true, members: [member] }];
    expect(parse(btfOf(types)).memberOffset("s", "wide")).toBe(16);
  });

  test("skip types of every kind", () => {
    const extra = [0, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0];
    const others = extra.flatMap((words, kind) =>
      kind === 0 ? [] : [{ kind, name: `t${kind}`, extra: new Array<number>(words).fill(0) }],
    );
    const last = { kind: 4, name: "last", members: [{ name: "m", type: 1, bits: 64 }] };
    expect(parse(btfOf([...others, last])).memberOffset("last", "m")).toBe(8);
  });

  test("end where a struct lies in itself", () => {
    const types = [{ kind: 4, name: "loop", members: [{ type: 1, bits: 0 }] }];
    expect(() => parse(btfOf(types)).memberOffset("loop", "m")).toThrow(
      "got none or one in itself",
    );
  });

  test.each([
    [new Uint8Array(8), "must begin as BTF does"],
    [Uint8Array.of(0xeb, 0x9f, ...new Array<number>(30).fill(0)), "must begin as BTF does"],
    [Uint8Array.of(0x9f, 0xeb, 9, ...new Array<number>(30).fill(0)), "version must be 1, got 9"],
    [btfOf(PAGE_TYPES).subarray(0, 60), "length must be"],
    [btfOf([{ kind: 25 }]), "type 1 must have a kind from 1 to 19, got 25"],
    [btfOf([{ kind: 1 }]), "types must end at byte 36, got an end at 40"],
    [btfOf([{ kind: 2, extra: [0] }]), "type 2 must be whole, got a part"],
    [
      btfOf([{ kind: 4, name: "s", members: [{ type: 99, bits: 0 }] }]),
      "type 99 must be a type, got none",
    ],
  ])("are refused where they are damaged: %#", (bytes, message) => {
    expect(() => parse(bytes).memberOffset("s", "m")).toThrow(message);
  });

  test("never do worse than an error in words, whatever is damaged", () => {
    const whole = btfOf(PAGE_TYPES);
    fc.assert(
      fc.property(
        fc.nat(whole.length - 1),
        fc.nat(255),
        fc.nat(whole.length),
        (at, byte, length) => {
          const bytes = whole.slice(0, length);
          if (at < length) bytes[at] = byte;
          try {
            parse(bytes).memberOffset("page", "compound_mapcount");
          } catch (error) {
            if (!(error instanceof CaptureError)) throw error;
          }
        },
      ),
    );
  });
});
