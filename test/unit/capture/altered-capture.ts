import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";

import { captureFilesOf, type CaptureFiles } from "../../../src/capture/capture-files.js";
import { openCapture } from "../../../src/node/index.js";

const EXAMPLE = join(import.meta.dirname, "../../../examples/captures/web-server.tar.gz");

/** The files of the example capture, to be changed by a test. */
export class AlteredCapture {
  readonly files = new Map<string, Uint8Array>();

  static async open(): Promise<AlteredCapture> {
    const altered = new AlteredCapture();
    const source = await openCapture(EXAMPLE);
    for (const name of source.names()) {
      const pieces: Uint8Array[] = [];
      for await (const piece of source.open(name)) pieces.push(piece);
      altered.files.set(
        name.slice(name.lastIndexOf("/") + 1),
        new Uint8Array(Buffer.concat(pieces)),
      );
    }
    return altered;
  }

  bytes(name: string): Uint8Array {
    const bytes = this.files.get(name);
    if (bytes === undefined) throw new Error(`the example has no ${name}`);
    return bytes;
  }

  text(name: string): string {
    return new TextDecoder().decode(this.bytes(name));
  }

  setText(name: string, text: string): this {
    this.files.set(name, new TextEncoder().encode(text));
    return this;
  }

  /** Changes a text; fails where `from` is not there. */
  replace(name: string, from: string | RegExp, to: string): this {
    const text = this.text(name);
    const changed = text.replace(from, to);
    if (changed === text) throw new Error(`${name} has no ${String(from)}`);
    return this.setText(name, changed);
  }

  /** Page flags, decompressed. */
  words(name = "kpageflags.gz"): BigUint64Array {
    const bytes = gunzipSync(this.bytes(name));
    return new BigUint64Array(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
    );
  }

  setWords(words: BigUint64Array, name = "kpageflags.gz"): this {
    const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
    this.files.set(name, new Uint8Array(gzipSync(bytes, { level: 1 })));
    return this;
  }

  asFiles(): CaptureFiles {
    const blobs = [...this.files].map(
      ([name, bytes]) => [name, new Blob([bytes as Uint8Array<ArrayBuffer>])] as const,
    );
    return captureFilesOf("altered", new Map(blobs));
  }
}
