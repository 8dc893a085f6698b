// What this guest's kernel version does: the MM_* bits of abi.ts, set once at setup.

let mmFlags: u32 = 0;

export function setMmFlags(flags: u32): void {
  mmFlags = flags;
}

export function hasBehaviour(flag: u32): bool {
  return (mmFlags & flag) != 0;
}
