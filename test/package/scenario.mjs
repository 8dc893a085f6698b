// The one piece of work that every environment repeats: Node as ES module and CommonJS, worker
// threads, a page and its workers. Plain JavaScript without imports, so that all of them can load it.

/**
 * Does something deterministic with the package and sums up what became of it.
 *
 * @param engine the namespace of `virtio-mem-engine`
 * @returns plain data that survives JSON; two environments agree if it is deeply equal
 */
export async function runScenario(engine) {
  const later = await engine.loadCore();
  const now = engine.loadCoreSync();
  return {
    exports: Object.keys(later).sort(),
    memorySize: later.memory.buffer.byteLength,
    checksums: [later, now].map((core) => checksum(new Uint8Array(core.memory.buffer))),
    separate: later.memory !== now.memory,
  };
}

/** FNV-1a, 32 bits. */
function checksum(bytes) {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
