import { symbolOf, type DumpedKernel } from "./dumped-kernel.js";

const MAX_CPUS = 8192;
const LONG = 8;

/** Numbers of the CPUs that are online, ascending. */
export async function onlineCpus(kernel: DumpedKernel): Promise<number[]> {
  const { reader } = kernel;
  const nr = Math.min(await reader.u32(symbolOf(kernel, "nr_cpu_ids")), MAX_CPUS);
  const bytes = Math.ceil(nr / 64) * LONG;
  const mask = await reader.memory.read(symbolOf(kernel, "__cpu_online_mask"), bytes);
  const cpus = Array.from({ length: nr }, (_, cpu) => cpu);
  return cpus.filter((cpu) => ((mask[cpu >> 3] ?? 0) >> (cpu & 7)) & 1);
}

/** What is added to the address of what there is one of per CPU. */
export function perCpuOffset(kernel: DumpedKernel, cpu: number): Promise<bigint> {
  return kernel.reader.u64(symbolOf(kernel, "__per_cpu_offset") + BigInt(cpu * LONG));
}
