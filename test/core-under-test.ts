import { readFileSync } from "node:fs";

import { loadCoreSync, type Core } from "../src/core/load.js";

/** Which build of the core the tests run on: `VIRTIO_MEM_CORE`, or the one with assertions. */
export const coreName = coreNameOf(process.env.VIRTIO_MEM_CORE ?? "debug");

const compiled = new Map<string, WebAssembly.Module>();

/**
 * The core under test, or a certain one, compiled once per test file; pass it wherever a core can
 * be chosen.
 */
export function coreModule(name = coreName): WebAssembly.Module {
  let module = compiled.get(name);
  if (module === undefined) {
    const path = new URL(`../build/${name}.wasm`, import.meta.url);
    compiled.set(name, (module = new WebAssembly.Module(readFileSync(path))));
  }
  return module;
}

/** A fresh instance of the core under test. */
export function loadCoreUnderTest(): Core {
  return loadCoreSync(coreModule());
}

function coreNameOf(name: string): "debug" | "release" {
  if (name === "debug" || name === "release") return name;
  throw new Error(`VIRTIO_MEM_CORE must be debug or release, got ${name}`);
}
