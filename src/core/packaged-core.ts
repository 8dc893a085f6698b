import { coreBase64 } from "../../build/inline.js";

// The core of the package itself. The build puts another module in the place of this one where a
// host compiles no WebAssembly from bytes and imports core.wasm as a module instead.

let compiled: WebAssembly.Module | undefined;
let compiling: Promise<WebAssembly.Module> | undefined;

/** The core, compiled once per thread. */
export async function packagedCore(): Promise<WebAssembly.Module> {
  compiling ??= WebAssembly.compile(inlinedBytes());
  return (compiled ??= await compiling);
}

/** Like {@link packagedCore}, at once. */
export function packagedCoreSync(): WebAssembly.Module {
  return (compiled ??= new WebAssembly.Module(inlinedBytes()));
}

/**
 * What Node has in place of a decoder: a loop over 60,000 characters is a tenth of the time to a
 * program's first guest.
 */
interface HostWithBuffer {
  readonly Buffer?: { from(text: string, encoding: "base64"): Uint8Array<ArrayBuffer> };
}

function inlinedBytes(): Uint8Array<ArrayBuffer> {
  const { Buffer } = globalThis as HostWithBuffer;
  if (Buffer !== undefined) return Buffer.from(coreBase64, "base64");
  const text = atob(coreBase64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}
