import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";

/** A file system with place for some files only. */
export class SmallDisk {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** @returns undefined where this user cannot mount one. */
  static mount(path: string): SmallDisk | undefined {
    mkdirSync(path);
    const args = ["-t", "tmpfs", "-o", "size=32k", "tmpfs", path];
    return spawnSync("mount", args).status === 0 ? new SmallDisk(path) : undefined;
  }

  /** As if a larger one was bought. */
  grow(): void {
    spawnSync("mount", ["-o", "remount,size=64m", this.path]);
  }

  unmount(): void {
    spawnSync("umount", [this.path]);
  }
}
