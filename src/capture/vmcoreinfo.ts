import { CaptureError, quoted } from "./capture-error.js";

/**
 * What a kernel says of its own layout for tools that read its memory: the note VMCOREINFO of
 * `/proc/kcore` and of memory dumps. Offsets and sizes are in bytes.
 */
export class VmcoreInfo {
  readonly #values: ReadonlyMap<string, string>;
  readonly #file: string;

  private constructor(values: ReadonlyMap<string, string>, file: string) {
    this.#values = values;
    this.#file = file;
  }

  /**
   * Reads the text of the note: one `KEY=value` a line, such as `OFFSET(page.flags)=0`.
   *
   * @throws CaptureError if a line is none, or a key has two values.
   */
  static parse(text: string, file: string): VmcoreInfo {
    const values = new Map<string, string>();
    // the note may be padded with zeros
    for (const line of text.replace(/\0+$/, "").split("\n")) {
      if (line === "") continue;
      const at = line.indexOf("=");
      if (at <= 0) {
        throw new CaptureError(file, "", `must have a KEY=value on each line, got ${quoted(line)}`);
      }
      const key = line.slice(0, at);
      const value = line.slice(at + 1);
      const known = values.get(key);
      if (known !== undefined && known !== value) {
        throw new CaptureError(
          file,
          key,
          `must have one value, got ${quoted(known)} and ${quoted(value)}`,
        );
      }
      values.set(key, value);
    }
    return new VmcoreInfo(values, file);
  }

  /** Where a member begins, by `struct.member`. */
  offset(member: string): number {
    return this.#number(`OFFSET(${member})`, 0);
  }

  /** Bytes of a struct. */
  size(struct: string): number {
    return this.#number(`SIZE(${struct})`, 1);
  }

  /** What stands behind `KEY=`, as it is. */
  text(key: string): string | undefined {
    return this.#values.get(key);
  }

  /**
   * A constant of the kernel that may be negative or hexadecimal; undefined where the note does not
   * have it.
   */
  find(name: string): number | undefined {
    return this.#found(`NUMBER(${name})`);
  }

  /** As {@link offset}; undefined where the note does not have it. */
  findOffset(member: string): number | undefined {
    return this.#found(`OFFSET(${member})`);
  }

  /** How many elements an array has; undefined where the note does not say it. */
  findLength(array: string): number | undefined {
    return this.#found(`LENGTH(${array})`);
  }

  /** A constant of the kernel, a bit number for instance. */
  constant(name: string): number {
    return this.#number(`NUMBER(${name})`, 0);
  }

  /** How many elements an array has. */
  length(array: string): number {
    return this.#number(`LENGTH(${array})`, 1);
  }

  /** As {@link constant}, of one that may be negative; undefined where the note has none. */
  signedConstant(name: string): number | undefined {
    const key = `NUMBER(${name})`;
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    if (/^-?\d{1,15}$/.test(value)) return Number(value);
    throw new CaptureError(this.#file, key, `must be a number, got ${quoted(value)}`);
  }

  /** Address of a symbol; undefined where the note does not name it. */
  symbol(name: string): bigint | undefined {
    const key = `SYMBOL(${name})`;
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    if (/^[\da-f]{1,16}$/.test(value)) return BigInt(`0x${value}`);
    throw new CaptureError(
      this.#file,
      key,
      `must be an address of up to 16 hexadecimal digits, got ${quoted(value)}`,
    );
  }

  #found(key: string): number | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    const number = /^(-?\d{1,20}|0x[\da-f]{1,16})$/.test(value) ? Number(value) : Number.NaN;
    if (!Number.isNaN(number)) return number;
    throw new CaptureError(this.#file, key, `must be a number, got ${quoted(value)}`);
  }

  #number(key: string, least: number): number {
    const value = this.#values.get(key);
    const number = /^\d{1,15}$/.test(value ?? "") ? Number(value) : Number.NaN;
    if (number >= least) return number;
    const found = value === undefined ? "nothing" : quoted(value);
    throw new CaptureError(this.#file, key, `must be a number from ${least} up, got ${found}`);
  }
}
