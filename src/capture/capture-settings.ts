import { CaptureError, quoted } from "./capture-error.js";
import type { CaptureMemoryBlock, CaptureSettings } from "./capture.js";
import { decimalNumber } from "./whole-number.js";

/** Where settings may stand, live values first. */
export interface SettingsSources {
  /** Of memory-settings.txt. */
  readonly memorySettings: ReadonlyMap<string, string>;
  readonly memorySettingsFile: string;
  readonly moduleParameters: ReadonlyMap<string, string>;
  readonly moduleParametersFile: string;
  readonly commandLine: ReadonlyMap<string, string>;
  readonly commandLineFile: string;
}

interface Setting {
  readonly value: string;
  readonly file: string;
  readonly field: string;
}

/**
 * The settings that Linux runs with: what /sys says, else what the command line says, else the
 * kernel's default.
 *
 * Nothing says how memory goes online where a distribution chose it at build time or udev does
 * it. Then `hotplugged`, the memory blocks in the device region, tell, and `notes` gets a sentence.
 *
 * @throws CaptureError if a value is none of those that Linux accepts.
 */
export function captureSettings(
  sources: SettingsSources,
  hotplugged: readonly CaptureMemoryBlock[],
  notes: string[],
): CaptureSettings {
  const find = (name: string): Setting | undefined => {
    const live = sources.moduleParameters.get(name);
    if (live !== undefined) return { value: live, file: sources.moduleParametersFile, field: name };
    const value = sources.commandLine.get(name);
    return value === undefined ? undefined : { value, file: sources.commandLineFile, field: name };
  };
  const memmapOnMemory = find("memory_hotplug.memmap_on_memory");
  return {
    autoOnline: autoOnlineOf(sources, hotplugged, notes),
    onlinePolicy: onlinePolicyOf(find("memory_hotplug.online_policy")),
    autoMovableRatio: numberOf(find("memory_hotplug.auto_movable_ratio"), 301),
    autoMovableNumaAware: flagOf(find("memory_hotplug.auto_movable_numa_aware"), true),
    movableNode: sources.commandLine.has("movable_node"),
    memmapOnMemory: memmapOnMemory?.value === "force" || flagOf(memmapOnMemory, false),
    forceBigBlocks: flagOf(find("virtio_mem.force_bbm"), false),
    bigBlockSize: numberOf(find("virtio_mem.bbm_block_size"), 0),
    bigBlockSafeUnplug: flagOf(find("virtio_mem.bbm_safe_unplug"), true),
    unplugOnline: flagOf(find("virtio_mem.unplug_online"), true),
  };
}

type AutoOnline = CaptureSettings["autoOnline"];

function autoOnlineOf(
  sources: SettingsSources,
  hotplugged: readonly CaptureMemoryBlock[],
  notes: string[],
): AutoOnline {
  const live = sources.memorySettings.get("auto_online_blocks");
  if (live !== undefined) {
    return autoOnline({
      value: live,
      file: sources.memorySettingsFile,
      field: "auto_online_blocks",
    });
  }
  const value = sources.commandLine.get("memhp_default_state");
  if (value !== undefined) {
    return autoOnline({ value, file: sources.commandLineFile, field: "memhp_default_state" });
  }
  const guess = autoOnlineSeen(hotplugged);
  notes.push(`nothing says how added memory goes online (auto_online_blocks); taken as ${guess}`);
  return guess;
}

function autoOnline({ value, file, field }: Setting): AutoOnline {
  switch (value) {
    case "offline":
    case "online":
    case "online_kernel":
    case "online_movable":
      return value;
    default:
      throw new CaptureError(
        file,
        field,
        `must be offline, online, online_kernel or online_movable, got ${quoted(value)}`,
      );
  }
}

function autoOnlineSeen(hotplugged: readonly CaptureMemoryBlock[]): AutoOnline {
  const online = hotplugged.filter(({ state }) => state === "online");
  if (online.length === 0) return "offline";
  const allMovable = online.every(({ validZones }) => validZones[0] === "Movable");
  return allMovable ? "online_movable" : "online";
}

function onlinePolicyOf(setting: Setting | undefined): CaptureSettings["onlinePolicy"] {
  if (setting === undefined) return "contig-zones";
  const { value, file, field } = setting;
  if (value === "contig-zones" || value === "auto-movable") return value;
  const rule = `must be contig-zones or auto-movable, got ${quoted(value)}`;
  throw new CaptureError(file, field, rule);
}

function numberOf(setting: Setting | undefined, otherwise: number): number {
  if (setting === undefined) return otherwise;
  return decimalNumber(setting.value, setting.file, setting.field);
}

/** As the kernel reads a bool parameter; the name alone means yes. */
function flagOf(setting: Setting | undefined, otherwise: boolean): boolean {
  if (setting === undefined) return otherwise;
  const { value, file, field } = setting;
  if (/^(|[yYtT1].*|on)$/.test(value)) return true;
  if (/^([nNfF0].*|off)$/.test(value)) return false;
  throw new CaptureError(file, field, `must be Y or N, got ${quoted(value)}`);
}
