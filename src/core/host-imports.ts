/** What a core calls outside of itself. */
export interface HostImports {
  readonly modules: WebAssembly.Imports;
  /** Tells the imports whose memory their addresses are in. */
  connect<T extends { readonly memory: WebAssembly.Memory }>(core: T): T;
}

const NONE: HostImports = { modules: {}, connect: (core) => core };

/**
 * The release core calls nothing; one built with assertions reports the assertion that failed.
 *
 * @throws WebAssembly.LinkError on instantiation, if the core wants anything else.
 */
export function importsOf(module: WebAssembly.Module): HostImports {
  if (WebAssembly.Module.imports(module).length === 0) return NONE;
  let memory: WebAssembly.Memory | undefined;
  const text = (address: number): string => textAt(memory, address);
  const abort = (message: number, file: number, line: number, column: number): never => {
    throw new Error(`abort: ${text(message)} at ${text(file)}:${line}:${column}`);
  };
  return {
    modules: { env: { abort } },
    connect(core) {
      memory = core.memory;
      return core;
    },
  };
}

/** A string of AssemblyScript: UTF-16, with its length in bytes in the word before it. */
function textAt(memory: WebAssembly.Memory | undefined, address: number): string {
  if (memory === undefined || address === 0) return "null";
  const view = new DataView(memory.buffer);
  let text = "";
  for (let at = 0; at < view.getUint32(address - 4, true); at += 2) {
    text += String.fromCharCode(view.getUint16(address + at, true));
  }
  return text;
}
