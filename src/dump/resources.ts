import { CaptureError } from "../capture/capture-error.js";
import { offsetOf, sizeOf, symbolOf, type DumpedKernel } from "./dumped-kernel.js";

const MAX_RESOURCES = 2 ** 16;
const MAX_DEPTH = 64;
/** /proc/iomem indents at most this deep (MAX_IORES_LEVEL). */
const MAX_INDENT = 5;

/**
 * The text of /proc/iomem, from the tree of resources below `iomem_resource`.
 *
 * @throws CaptureError if it is no tree.
 */
export async function iomemText(kernel: DumpedKernel): Promise<string> {
  const { reader } = kernel;
  const size = sizeOf(kernel, "resource");
  const at = (member: string) => Number(offsetOf(kernel, "resource", member));
  const lines: string[] = [];
  let count = 0;

  const list = async (first: bigint, depth: number): Promise<void> => {
    for (let address = first; address !== 0n;) {
      if (++count > MAX_RESOURCES || depth > MAX_DEPTH) {
        const rule = `must be a tree of at most ${MAX_RESOURCES} ranges, got more`;
        throw new CaptureError(kernel.name, "iomem_resource", rule);
      }
      const view = await reader.view(address, size);
      const start = digits(view.getBigUint64(at("start"), true));
      const end = digits(view.getBigUint64(at("end"), true));
      const nameAt = view.getBigUint64(at("name"), true);
      if (nameAt === 0n) {
        const rule =
          "must have a name, got zeros: was its page left out of the dump? makedumpfile before 1.7.6 " +
          "leaves out such of Linux 6.10 and later; -d 1 does not";
        throw new CaptureError(kernel.name, `resource at 0x${address.toString(16)}`, rule);
      }
      const name = await reader.text(nameAt, 256);
      lines.push(`${"  ".repeat(Math.min(depth, MAX_INDENT))}${start}-${end} : ${name}`);
      await list(view.getBigUint64(at("child"), true), depth + 1);
      address = view.getBigUint64(at("sibling"), true);
    }
  };
  const root = await reader.view(symbolOf(kernel, "iomem_resource"), size);
  await list(root.getBigUint64(at("child"), true), 0);
  return `${lines.join("\n")}\n`;
}

function digits(value: bigint): string {
  return value.toString(16).padStart(8, "0");
}
