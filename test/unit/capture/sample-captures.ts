import { openArchive } from "../../../src/capture/archive.js";
import type { CaptureFiles } from "../../../src/capture/capture-files.js";
import { captureFilesOf, openMember } from "../../../src/capture/capture-files.js";
import { openCapture } from "../../../src/node/index.js";

/** What a test makes of a member: another text or other bytes, or nothing. */
export type Change = string | Uint8Array<ArrayBuffer> | ((text: string) => string) | undefined;

const root = new URL("../../../", import.meta.url).pathname;

export const webServerPath = `${root}examples/captures/web-server.tar.gz`;
export const goldenPath = `${root}test/golden/recordings/`;
/** More recordings, where they lie beside the checkout. */
export const sharedPath = `${root}../shared/recordings/`;

export async function wholeOf(bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes) pieces.push(piece);
  return new Uint8Array(Buffer.concat(pieces));
}

export async function gzipped(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const opened = new Map<string, Promise<ReadonlyMap<string, Uint8Array<ArrayBuffer>>>>();

/** All members of a capture in memory, without the folder they lie in. */
function membersOf(path: string): Promise<ReadonlyMap<string, Uint8Array<ArrayBuffer>>> {
  const known = opened.get(path);
  if (known !== undefined) return known;
  const reading = (async () => {
    const files = await openCapture(path);
    const members = new Map<string, Uint8Array<ArrayBuffer>>();
    for (const name of files.names()) {
      members.set(name.replace(/^capture\//, ""), await wholeOf(files.open(name)));
    }
    return members;
  })();
  opened.set(path, reading);
  return reading;
}

async function changed(path: string, changes: Readonly<Record<string, Change>>) {
  const members = new Map<string, Blob>();
  for (const [name, bytes] of await membersOf(path)) members.set(name, new Blob([bytes]));
  for (const [name, change] of Object.entries(changes)) {
    if (change === undefined) members.delete(name);
    else if (typeof change === "function") {
      const text = (await members.get(name)?.text()) ?? "";
      const after = change(text);
      if (after === text) throw new Error(`the change of ${name} changes nothing`);
      members.set(name, new Blob([after]));
    } else members.set(name, new Blob([change]));
  }
  return captureFilesOf("test", members);
}

/** The capture of a web server under load, with some members changed. */
export function webServer(changes: Readonly<Record<string, Change>> = {}): Promise<CaptureFiles> {
  return changed(webServerPath, changes);
}

/** An observation of a recording, with some members changed. */
export function recording(
  name: string,
  changes: Readonly<Record<string, Change>> = {},
): Promise<CaptureFiles> {
  return changed(`${goldenPath}${name}`, changes);
}

export { openArchive, openMember };
