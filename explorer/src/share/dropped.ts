import type { NamedFile } from "../engine/protocol.js";

/** More files are no capture. */
const MOST_FILES = 20_000;

export interface Dropped {
  readonly name: string;
  readonly files: readonly NamedFile[];
}

/** What was dropped, folders with all that is in them. */
export async function droppedFiles(transfer: DataTransfer): Promise<Dropped | undefined> {
  const entries = [...transfer.items]
    .map((item) => item.webkitGetAsEntry())
    .filter((entry) => entry !== null);
  if (entries.length === 0) return chosenFiles(transfer.files);
  const files: NamedFile[] = [];
  for (const entry of entries) await gather(entry, "", files);
  const [first] = entries;
  if (first === undefined || files.length === 0) return undefined;
  return { name: first.name, files: withoutFolder(files) };
}

/** Files of an input element; those of a folder have their paths. */
export function chosenFiles(list: FileList): Dropped | undefined {
  const files = [...list].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
  const [first] = files;
  if (first === undefined) return undefined;
  return { name: first.path.split("/", 1)[0] ?? first.path, files: withoutFolder(files) };
}

/** Paths within the one folder that all lie in. */
function withoutFolder(files: readonly NamedFile[]): NamedFile[] {
  const [first] = files;
  const folder = first?.path.includes("/") === true ? `${first.path.split("/", 1)[0] ?? ""}/` : "";
  const isCommon = folder !== "" && files.every(({ path }) => path.startsWith(folder));
  if (!isCommon) return [...files];
  return files.map(({ path, file }) => ({ path: path.slice(folder.length), file }));
}

async function gather(entry: FileSystemEntry, above: string, into: NamedFile[]): Promise<void> {
  if (into.length > MOST_FILES) return;
  const path = above === "" ? entry.name : `${above}/${entry.name}`;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => {
      (entry as FileSystemFileEntry).file(resolve, reject);
    });
    into.push({ path, file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (some.length === 0) return;
    for (const one of some) await gather(one, path, into);
  }
}
