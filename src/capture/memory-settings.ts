/**
 * Reads memory-settings.txt, `block_size_bytes` (hexadecimal) and `auto_online_blocks` of
 * /sys/devices/system/memory, one `name value` a line.
 */
export function parseMemorySettings(text: string): Map<string, string> {
  const settings = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [name = "", value = ""] = line.trim().split(/\s+/);
    if (name !== "") settings.set(name, value);
  }
  return settings;
}
