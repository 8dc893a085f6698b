import { CaptureError } from "../capture/capture-error.js";

// An LZO1X stream (Documentation/staging/lzo.rst of Linux): instructions, each a match of what was
// written before, and up to three literals behind it, whose number the lowest two bits say.
//
//   0 0 0 0 L L L L                       3 + L literals; or, behind literals, a short match
//   0 0 0 1 H L L L  D D D D D D S S  D8  2 + L bytes at 16384 + H D; at 16384: the end
//   0 0 1 L L L L L  D D D D D D S S  D8  2 + L bytes at 1 + D
//   0 1 L D D D S S  H8                   3 + L bytes at 1 + H D
//   1 L L D D D S S  H8                   5 + L bytes at 1 + H D
//
// A length of 0 goes on in the next bytes: 255 for each that is 0.

/**
 * Decompresses a block of LZO1X.
 *
 * @param size - bytes that it must have.
 * @throws CaptureError if it is damaged or of another size.
 */
export function unlzo(input: Uint8Array, size: number, file: string): Uint8Array {
  const output = new Uint8Array(size);
  let at = 0;
  let end = 0;
  const reject = (): never => {
    throw new CaptureError(file, "LZO data", `must be ${size} bytes, got a damaged block`);
  };
  const next = (): number => input[at++] ?? reject();
  const lengthOf = (bits: number, mask: number, least: number): number => {
    let length = bits & mask;
    if (length === 0) {
      length = mask;
      let more = next();
      for (; more === 0; more = next()) {
        length += 255;
        if (length > size) reject();
      }
      length += more;
    }
    return length + least;
  };
  const copyLiterals = (count: number): void => {
    if (at + count > input.length || end + count > size) reject();
    output.set(input.subarray(at, at + count), end);
    at += count;
    end += count;
  };
  const copyMatch = (distance: number, count: number): void => {
    if (distance > end || end + count > size) reject();
    for (let byte = 0; byte < count; byte++, end++) output[end] = output[end - distance] ?? 0;
  };

  // how many literals the last instruction had behind it; 4: a run of them
  let literals = 0;
  const first = input[0] ?? reject();
  if (first > 17) {
    at = 1;
    copyLiterals(first - 17);
    literals = Math.min(first - 17, 4);
  }
  for (;;) {
    const code = next();
    let trailing = code & 3;
    if (code < 16) {
      if (literals === 0) {
        copyLiterals(lengthOf(code, 15, 3));
        literals = 4;
        continue;
      }
      const distance = (code >> 2) + (next() << 2);
      if (literals === 4) copyMatch(distance + 2049, 3);
      else copyMatch(distance + 1, 2);
    } else if (code < 32) {
      const length = lengthOf(code, 7, 2);
      const low = next();
      const distance = 16384 + ((code & 8) << 11) + ((next() << 6) | (low >> 2));
      if (distance === 16384) break;
      trailing = low & 3;
      copyMatch(distance, length);
    } else if (code < 64) {
      const length = lengthOf(code, 31, 2);
      const low = next();
      trailing = low & 3;
      copyMatch(1 + ((next() << 6) | (low >> 2)), length);
    } else {
      const length = code < 128 ? 3 + ((code >> 5) & 1) : 5 + ((code >> 5) & 3);
      copyMatch(1 + (next() << 3) + ((code >> 2) & 7), length);
    }
    copyLiterals(trailing);
    literals = trailing;
  }
  if (end !== size) reject();
  return output;
}
