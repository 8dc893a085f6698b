/** State of one big block, as the driver tracks it (docs/spec/driver.md, "Big block states"). */
export type BigBlockState =
  | "unused" // unplugged, unknown to Linux
  | "plugged" // plugged, unknown to Linux; the next run unplugs it
  | "added" // plugged, its memory blocks are online or offline
  | "fake-offline"; // being unplugged: none of its pages is in use or will come online
