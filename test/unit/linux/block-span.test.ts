import fc from "fast-check";
import { expect, test } from "vitest";

import { BlockSpan } from "../../../src/linux/block-span.js";

test("spans what is there, whatever came and went", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(12), { maxLength: 60 }), (toggled) => {
      const span = new BlockSpan();
      const there = new Set<number>();
      for (const id of toggled) {
        if (there.delete(id)) span.remove(id, (other) => there.has(other));
        else {
          there.add(id);
          span.add(id);
        }
        const ends = there.size === 0 ? undefined : [Math.min(...there), Math.max(...there)];
        expect(span.ends).toEqual(ends);
      }
    }),
  );
});
