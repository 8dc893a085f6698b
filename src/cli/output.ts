import {
  accessSync,
  constants,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { isMainThread } from "node:worker_threads";

import { shown } from "../input-error.js";
import { tell } from "./command-link.js";
import { UsageError } from "./usage-error.js";

/** Writes to standard output, through the main thread where this is another one. */
export function print(text: string): void {
  if (isMainThread) process.stdout.write(text);
  else tell({ type: "print", text });
}

/** Endings that a file of the kind must have, or must not have. */
interface OutputKind {
  readonly flag: string;
  readonly isName: (extension: string) => boolean;
  readonly names: string;
}

export const HTML: OutputKind = {
  flag: "--html",
  isName: (end) => [".html", ".htm"].includes(end),
  names: ".html",
};
export const SVG: OutputKind = { flag: "--svg", isName: (end) => end === ".svg", names: ".svg" };
export const CSV: OutputKind = {
  flag: "--csv",
  isName: (end) => [".csv", ".txt", ".tsv"].includes(end),
  names: ".csv",
};
export const SCENARIO: OutputKind = {
  flag: "--out",
  isName: (end) => [".yaml", ".yml"].includes(end),
  names: ".yaml",
};
export const VECTORS: OutputKind = {
  flag: "--out",
  isName: (end) => ![".svg", ".csv", ".gz"].includes(end),
  names: ".jsonl",
};

export const CAPTURE: OutputKind = {
  flag: "--out",
  isName: (end) => [".gz", ".tgz"].includes(end),
  names: ".tar.gz",
};
/** Of files that only their owner may read. */
const PRIVATE_MODE = 0o600;

/**
 * A file that a command writes at its end, beside the target and then renamed: it is there as a
 * whole, or the old one still is.
 * `-` is standard output.
 */
export class OutputFile {
  readonly name: string;
  readonly #kind: OutputKind;

  private constructor(kind: OutputKind, name: string) {
    this.#kind = kind;
    this.name = name;
  }

  /**
   * Checks, before hours are spent, what can be checked without writing.
   *
   * @param name - as it was given; undefined where the option is not there.
   * @param inputs - files that the command reads, which it must not overwrite.
   */
  static open(
    kind: OutputKind,
    name: string | undefined,
    inputs: readonly string[] = [],
  ): OutputFile | undefined {
    if (name === undefined) return undefined;
    const file = new OutputFile(kind, name);
    file.#check(inputs);
    return file;
  }

  get flag(): string {
    return this.#kind.flag;
  }

  get isStdout(): boolean {
    return this.name === "-";
  }

  #check(inputs: readonly string[]): void {
    if (this.isStdout) return;
    const info = infoOf(this.name);
    if (info?.isDirectory() === true) this.#refuse("a folder");
    if (info !== undefined && !info.isFile()) return; // a device or a pipe is written to as it is
    const end = extname(this.name).toLowerCase();
    if (!this.#kind.isName(end)) {
      throw new UsageError(
        `${this.#kind.flag} must name a file that ends in ${this.#kind.names}, got ${shown(basename(this.name))}`,
      );
    }
    for (const input of inputs) {
      const other = infoOf(input);
      const isSame =
        info !== undefined && other?.ino === info.ino && other.dev === info.dev && info.ino !== 0;
      if (isSame || resolve(input) === resolve(this.name))
        this.#refuse(`the input ${shown(input)}`);
    }
    try {
      accessSync(dirname(resolve(this.name)), constants.W_OK);
      if (info !== undefined) accessSync(this.name, constants.W_OK);
    } catch (cause) {
      this.#refuse(reasonOf(cause));
    }
  }

  /** @throws UsageError where it cannot be written; an older file is then as it was. */
  write(content: string): void {
    if (this.isStdout) print(content);
    else this.#replace(content, undefined);
  }

  /** As {@link write}, of a file that only its owner may read. On the main thread. */
  writeBytes(content: Uint8Array): void {
    if (this.isStdout) process.stdout.write(content);
    else this.#replace(content, PRIVATE_MODE);
  }

  /** @param mode - of a new file; undefined: as the system has it. */
  #replace(content: string | Uint8Array, mode: number | undefined): void {
    try {
      const info = infoOf(this.name);
      if (info !== undefined && !info.isFile()) {
        writeFileSync(this.name, content);
        return;
      }
      const file = info === undefined ? this.name : realpathSync(this.name);
      replaceFile(file, content, info?.mode ?? mode);
    } catch (cause) {
      this.#refuse(reasonOf(cause));
    }
  }

  #refuse(found: string): never {
    throw new UsageError(`${this.#kind.flag} must name a file that can be written, got ${found}`);
  }
}

function replaceFile(file: string, content: string | Uint8Array, mode: number | undefined): void {
  const beside = join(dirname(file), `.${basename(file).slice(0, 100)}.${process.pid}.part`);
  try {
    writeFileSync(beside, content, {
      flag: "wx",
      ...(mode === undefined ? {} : { mode: mode & 0o777 }),
    });
    renameSync(beside, file);
  } catch (cause) {
    rmSync(beside, { force: true });
    throw cause;
  }
}

function infoOf(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** What the system says, without the call and the path that Node puts around it. */
export function reasonOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.replace(/, \w+ '.*$/s, "");
}
