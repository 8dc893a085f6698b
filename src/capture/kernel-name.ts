import { CaptureError } from "./capture-error.js";

const OTHER_MACHINES =
  /\b(aarch64|arm64|armv\d\w*|i[3-6]86|ppc64(?:le)?|s390x|riscv64|loongarch64)\b/;

/**
 * The kernel's release (`6.1.0-56-amd64`) from `uname -a` ("Linux HOST RELEASE ...") or from
 * /proc/version ("Linux version RELEASE ...").
 *
 * @returns undefined if the text is neither.
 * @throws CaptureError if the machine is one that the model does not know.
 */
export function parseKernelName(text: string, file: string): string | undefined {
  const words = /^\s*Linux \S+ (\S+)(.*)/.exec(text);
  if (words === null) return undefined;
  const [, release = "", rest = ""] = words;
  const machine = OTHER_MACHINES.exec(rest)?.[1];
  if (machine !== undefined && !/\bx86_64\b/.test(rest)) {
    throw new CaptureError(file, "machine", `must be x86_64, got ${machine}: not supported yet`);
  }
  return release;
}
