import type { Guest } from "../guest/guest.js";

/** User space of a guest wrote to the state of a memory block. */
export interface StateWrite {
  readonly id: number;
  readonly state: "online" | "online_kernel" | "online_movable" | "offline";
}

const WRITE =
  /^write \/sys\/devices\/system\/memory\/memory(\d+)\/state (online|online_kernel|online_movable|offline)$/;

/** The write that a recorded command is; undefined where it is something else. */
export function parseStateWrite(command: string): StateWrite | undefined {
  const found = WRITE.exec(command.trim());
  if (found === null) return undefined;
  return { id: Number(found[1]), state: found[2] as StateWrite["state"] };
}

/** Does it to a guest, and lets the driver do what follows from it. */
export function playStateWrite({ hotplug, driver }: Guest, { id, state }: StateWrite): void {
  if (state === "offline") hotplug.offlineMemoryBlock(id);
  else hotplug.onlineMemoryBlock(id, state);
  driver.run();
}
