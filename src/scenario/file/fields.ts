import {
  formatDuration,
  formatSize,
  NS_PER_MS,
  nsOf,
  parseDuration,
  parseSize,
} from "../../units.js";
import { ScenarioError } from "./scenario-error.js";

/**
 * An object of a validated scenario file: its values by key, converted, with messages that name
 * their path.
 */
export class Fields {
  readonly file: string;
  readonly path: string;
  readonly #value: Readonly<Record<string, unknown>>;

  constructor(value: unknown, file: string, path = "") {
    this.#value = (value ?? {}) as Readonly<Record<string, unknown>>;
    this.file = file;
    this.path = path;
  }

  pathOf(key: string): string {
    return this.path === "" ? key : `${this.path}.${key}`;
  }

  /** @throws ScenarioError always. */
  reject(key: string, rule: string): never {
    throw new ScenarioError(this.file, this.pathOf(key), rule);
  }

  has(key: string): boolean {
    return this.#value[key] !== undefined;
  }

  child(key: string): Fields {
    return new Fields(this.#value[key], this.file, this.pathOf(key));
  }

  list(key: string): Fields[] {
    const items = (this.#value[key] ?? []) as readonly unknown[];
    return items.map((item, at) => new Fields(item, this.file, `${this.pathOf(key)}[${at}]`));
  }

  text(key: string, byDefault: string): string {
    return (this.#value[key] as string | undefined) ?? byDefault;
  }

  number(key: string, byDefault: number): number {
    return (this.#value[key] as number | undefined) ?? byDefault;
  }

  flag(key: string, byDefault: boolean): boolean {
    return (this.#value[key] as boolean | undefined) ?? byDefault;
  }

  /** What stands there under these keys, as it is written. */
  values(keys: readonly string[]): Record<string, unknown> {
    const found = keys.filter((key) => this.has(key)).map((key) => [key, this.#value[key]]);
    return Object.fromEntries(found) as Record<string, unknown>;
  }

  /** One of the words that the schema allows. */
  choice<T extends string>(key: string, byDefault: T): T {
    return (this.#value[key] as T | undefined) ?? byDefault;
  }

  /** Bytes. */
  size(key: string, byDefault: number): number {
    const value = this.#value[key] as string | number | undefined;
    if (value === undefined) return byDefault;
    return this.#parsed(key, () => parseSize(String(value), this.pathOf(key)));
  }

  /** Milliseconds, to the nanosecond; 0 where the key is missing. */
  time(key: string, byDefault = 0): number {
    const value = this.#value[key] as string | number | undefined;
    if (value === undefined) return byDefault;
    // 0 is the same in every unit
    if (value === 0) return 0;
    const ms = this.#parsed(key, () => parseDuration(String(value), this.pathOf(key)));
    return nsOf(ms) / NS_PER_MS;
  }

  /** Times of a list. */
  times(key: string): number[] {
    const items = (this.#value[key] ?? []) as readonly unknown[];
    return items.map((item, at) =>
      new Fields({ [at]: item }, this.file, this.pathOf(key)).time(String(at)),
    );
  }

  #parsed(key: string, parse: () => number): number {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new ScenarioError(
        this.file,
        "",
        error.message.replace(this.pathOf(key), `${this.pathOf(key)}:`),
      );
    }
  }

  multiple(key: string, bytes: number, step: number): void {
    if (bytes % step === 0) return;
    this.reject(key, `must be a multiple of ${formatSize(step)}, got ${formatSize(bytes)}`);
  }

  powerOfTwo(key: string, bytes: number, least: number, most: number): number {
    if (bytes < least || bytes > most || !Number.isInteger(Math.log2(bytes))) {
      this.reject(
        key,
        `must be a power of two from ${formatSize(least)} to ${formatSize(most)}, got ${formatSize(bytes)}`,
      );
    }
    return bytes;
  }

  /** A time inside the run. */
  before(key: string, ms: number, endMs: number): void {
    if (ms < endMs) return;
    this.reject(
      key,
      `must be before the end (duration: ${formatDuration(endMs)}), got ${formatDuration(ms)}`,
    );
  }
}
