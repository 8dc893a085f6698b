// Files that `virtio-mem explore FILE` opens: the server names them in the page.

import type { NamedFile } from "../engine/protocol.js";
import type { Dropped } from "./dropped.js";

/** A file, or a folder with its files, and where the server has them. */
export interface Served {
  readonly name: string;
  readonly files: readonly { readonly path: string; readonly url: string }[];
}

/** Empty where the page was not served with files. */
export function servedList(): readonly Served[] {
  const element = document.getElementById("served");
  return element === null ? [] : (JSON.parse(element.textContent) as readonly Served[]);
}

/** @throws Error where a file cannot be read any more. */
export async function filesOf({ name, files: named }: Served): Promise<Dropped> {
  const files: NamedFile[] = [];
  for (const { path, url } of named) {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${path} must be readable, got ${response.status}`);
    files.push({ path, file: await response.blob() });
  }
  return { name, files };
}
