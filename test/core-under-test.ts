import { readFileSync } from "node:fs";

import { loadCoreSync, type Core } from "../src/core/load.js";

/** Which build of the core the tests run on: `VIRTIO_MEM_CORE`, or the one with assertions. */
export const coreName = coreNameOf(process.env.VIRTIO_MEM_CORE ?? "debug");

let compiled: WebAssembly.Module | undefined;

/** The core under test, compiled once per test file; pass it wherever a core can be chosen. */
export function coreModule(): WebAssembly.Module {
  const path = new URL(`../build/${coreName}.wasm`, import.meta.url);
  return (compiled ??= new WebAssembly.Module(readFileSync(path)));
}

/** A fresh instance of the core under test. */
export function loadCoreUnderTest(): Core {
  return loadCoreSync(coreModule());
}

function coreNameOf(name: string): "debug" | "release" {
  if (name === "debug" || name === "release") return name;
  throw new Error(`VIRTIO_MEM_CORE must be debug or release, got ${name}`);
}
