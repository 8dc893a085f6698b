import { piecesOf, joined } from "./byte-stream.js";
import { CaptureError } from "./capture-error.js";
import type { CaptureFiles } from "./capture-files.js";
import { gunzip } from "./gunzip.js";
import { tarEntries } from "./tar.js";

/** Members up to this size are kept after the first pass, as long as all of them fit the second. */
const MAX_KEPT_MEMBER_SIZE = 2 ** 24;
const MAX_KEPT_SIZE = 2 ** 26;

interface Member {
  /** Position in the archive: a name may be there twice, and the last one counts. */
  readonly index: number;
  readonly size: number;
  readonly bytes: Uint8Array | undefined;
}

/**
 * The files of a tar archive, compressed by gzip or not.
 *
 * Passes over the archive once to learn the names and keeps small members. Large ones, the page
 * flags of a large guest for instance, are never held: opening one passes over the archive again.
 *
 * @param name - of the archive, for messages.
 * @param source - the archive, or a function that starts a read of its bytes, called once per pass.
 * @throws CaptureError if it is no archive, or one that is cut off.
 *
 * @example
 * ```js
 * import { readFile } from "node:fs/promises";
 * import { openArchive, readCapture } from "virtio-mem-engine";
 *
 * // in a page: the File of an input element
 * const archive = new Blob([await readFile("web-server.tar.gz")]);
 * const files = await openArchive("web-server.tar.gz", archive);
 * const capture = await readCapture(files);
 * console.log(capture.memoryBlockSize); // 134217728
 * ```
 */
export async function openArchive(
  name: string,
  source: Blob | (() => AsyncIterable<Uint8Array>),
): Promise<CaptureFiles> {
  const open = source instanceof Blob ? () => piecesOf(source.stream()) : source;
  const isCompressed = await startsAsGzip(open());
  const read = () => (isCompressed ? gunzip(open(), name) : open());
  const members = new Map<string, Member>();
  let keptSize = 0;

  let index = 0;
  for await (const { path, size, body } of tarEntries(read(), name)) {
    const isKept = size <= MAX_KEPT_MEMBER_SIZE && keptSize + size <= MAX_KEPT_SIZE;
    if (isKept) keptSize += size;
    members.set(path, {
      index: index++,
      size,
      bytes: isKept ? await joined(body, size) : undefined,
    });
  }
  return {
    name,
    names: () => [...members.keys()],
    async *open(path) {
      const member = members.get(path);
      if (member === undefined) throw new CaptureError(path, "", "must be there, got no such file");
      if (member.bytes !== undefined) {
        yield member.bytes;
        return;
      }
      let at = 0;
      for await (const { path: found, size, body } of tarEntries(read(), name)) {
        if (at++ !== member.index) continue;
        if (found !== path || size !== member.size) break;
        yield* body;
        return;
      }
      throw new CaptureError(name, path, "must still be there, got an archive that has changed");
    },
  };
}

async function startsAsGzip(bytes: AsyncIterable<Uint8Array>): Promise<boolean> {
  for await (const piece of bytes) {
    if (piece.length > 0) return piece[0] === 0x1f;
  }
  return false;
}
