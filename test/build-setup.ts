import { debugCore, releaseCore } from "../scripts/build/core.js";
import { bringUpToDate } from "../scripts/build/step.js";

/**
 * Compiles what changed in `assembly/`, so that no test runs on a stale core.
 *
 * Where that fails there is no core at all: tests that need none still run, the others fail.
 */
export default async function setup(): Promise<void> {
  try {
    await bringUpToDate([debugCore, releaseCore]);
  } catch (error) {
    console.error("no core to test on:", error instanceof Error ? error.message : error);
  }
}
