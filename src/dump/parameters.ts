import { CaptureError } from "../capture/capture-error.js";
import { offsetOf, sizeOf, type DumpedKernel } from "./dumped-kernel.js";
import { unlessMissing } from "../capture/kernel-reader.js";

const MAX_MODULES = 4096;
const MAX_PARAMETERS = 256;
const MODULE = "virtio_mem";
/** The driver's only parameter that is a number of 64 bits; the others are yes or no. */
const SIZE_PARAMETER = "bbm_block_size";
/** Names of values, as the parameters of memory_hotplug print them. */
const ONLINE_POLICIES = ["contig-zones", "auto-movable"];
const MEMMAP_MODES = ["N", "Y", "force"];
/** MMOP_OFFLINE and following, as /sys prints auto_online_blocks. */
const ONLINE_TYPES = ["offline", "online", "online_kernel", "online_movable"];
const SECTION_SIZE_BITS = 27;
const MOST_SECTIONS_PER_BLOCK = 16;

/**
 * Parameters of the driver and of memory hotplug, as the capture script finds them in /sys; what
 * the kernel does not have is left out.
 */
export async function moduleParameters(kernel: DumpedKernel): Promise<string> {
  const lines = [...((await unlessMissing(() => driverParameters(kernel))) ?? [])];
  const { reader, symbols } = kernel;
  const hotplug = async (name: string, symbol: string, show: (at: bigint) => Promise<string>) => {
    const address = symbols.get(symbol);
    if (address === undefined) return;
    lines.push(`/sys/module/memory_hotplug/parameters/${name}:${await show(address)}`);
  };
  const named = (names: readonly string[]) => async (at: bigint) =>
    names[await reader.u32(at)] ?? names[0] ?? "";
  const yes = async (at: bigint) => ((await reader.bool(at)) ? "Y" : "N");
  await hotplug("online_policy", "online_policy", named(ONLINE_POLICIES));
  await hotplug("auto_movable_ratio", "auto_movable_ratio", async (at) =>
    String(await reader.u32(at)),
  );
  await hotplug("auto_movable_numa_aware", "auto_movable_numa_aware", yes);
  await hotplug("memmap_on_memory", "memmap_mode", named(MEMMAP_MODES));
  await hotplug("memmap_on_memory", "memmap_on_memory", yes);
  return lines.map((line) => `${line}\n`).join("");
}

async function driverParameters(kernel: DumpedKernel): Promise<string[]> {
  const { reader, symbols } = kernel;
  const head = symbols.get("modules");
  const [first, last] = [symbols.get("__start___param"), symbols.get("__stop___param")];
  const size = BigInt(sizeOf(kernel, "kernel_param"));
  const prefix = `${MODULE}.`;
  if (first !== undefined && last !== undefined) {
    const built = await parametersIn(kernel, first, Number((last - first) / size));
    const own = built.filter(([name]) => name.startsWith(prefix));
    if (own.length > 0) return own.map(([name, value]) => lineOf(name.slice(prefix.length), value));
  }
  if (head === undefined) return [];
  const list = offsetOf(kernel, "module", "list");
  let at = await reader.u64(head);
  for (let count = 0; at !== head && count < MAX_MODULES; count++) {
    const module = at - list;
    const name = await reader.text(module + offsetOf(kernel, "module", "name"), 56);
    if (name === MODULE) {
      const parameters = await reader.u64(module + offsetOf(kernel, "module", "kp"));
      const number = await reader.u32(module + offsetOf(kernel, "module", "num_kp"));
      const found = await parametersIn(kernel, parameters, number);
      return found.map(([parameter, value]) => lineOf(parameter, value));
    }
    at = await reader.u64(at);
  }
  return [];
}

function lineOf(name: string, value: string): string {
  return `/sys/module/${MODULE}/parameters/${name}:${value}`;
}

/** Names and values of parameters; of those built in the names begin with that of their module. */
async function parametersIn(
  kernel: DumpedKernel,
  address: bigint,
  count: number,
): Promise<[name: string, value: string][]> {
  const { reader } = kernel;
  const size = sizeOf(kernel, "kernel_param");
  if (count < 0 || count > MAX_PARAMETERS * 64) {
    throw new CaptureError(kernel.name, "module parameters", `must be fewer, got ${count}`);
  }
  const nameAt = Number(offsetOf(kernel, "kernel_param", "name"));
  const valueAt = Number(offsetOf(kernel, "kernel_param", "arg"));
  const found: [string, string][] = [];
  if (count === 0) return found;
  const view = await reader.view(address, count * size);
  for (let index = 0; index < count; index++) {
    const name = await reader.text(view.getBigUint64(index * size + nameAt, true), 128);
    const isOwn = count <= MAX_PARAMETERS || name.startsWith(MODULE);
    if (!isOwn) continue;
    const at = view.getBigUint64(index * size + valueAt, true);
    if (name.endsWith(SIZE_PARAMETER)) found.push([name, String(await reader.u64(at))]);
    else found.push([name, (await reader.bool(at)) ? "Y" : "N"]);
  }
  return found;
}

/** Bytes of a memory block; undefined where the kernel does not have it by that name. */
export async function memoryBlockSize({
  reader,
  symbols,
}: DumpedKernel): Promise<number | undefined> {
  const address = symbols.get("sections_per_block");
  if (address === undefined) return undefined;
  const sections = await reader.u32(address);
  if (sections < 1 || sections > MOST_SECTIONS_PER_BLOCK) return undefined;
  return sections * 2 ** SECTION_SIZE_BITS;
}

/** Settings of /sys/devices/system/memory, as the capture script writes them. */
export async function memorySettings(
  { reader, symbols }: DumpedKernel,
  blockSize: number,
): Promise<string> {
  const lines = [`block_size_bytes ${blockSize.toString(16)}`];
  const address =
    symbols.get("mhp_default_online_type") ?? symbols.get("memhp_default_online_type");
  const type = address === undefined ? undefined : ONLINE_TYPES[await reader.u32(address)];
  if (type !== undefined) lines.push(`auto_online_blocks ${type}`);
  return lines.map((line) => `${line}\n`).join("");
}

/** The kernel's command line; undefined where the dump has it not. */
export async function commandLine({ reader, symbols }: DumpedKernel): Promise<string | undefined> {
  const address = symbols.get("saved_command_line");
  if (address === undefined) return undefined;
  return unlessMissing(async () => `${await reader.text(await reader.u64(address))}\n`);
}
