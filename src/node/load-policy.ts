import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { guardedPolicy, type PolicyWatch } from "../policies/choice/guarded-policy.js";
import { isModulePath } from "../policies/choice/module-path.js";
import type { Policy } from "../policies/policy.js";
import { written } from "../input-error.js";
import { PolicyError } from "../policies/policy-error.js";
import { policyNamed } from "../policies/choice/registry.js";

/** How a policy module is loaded. */
export interface LoadPolicyOptions {
  /** Folder that relative paths start from. Default: the working directory. */
  readonly folder?: string;
  /** Is told when code of the policy begins and ends. */
  readonly watch?: PolicyWatch;
}

/**
 * A policy from a module in TypeScript or JavaScript: its default export, or the export `policy`.
 * Its answers are checked whenever it is asked.
 *
 * @param path - Path of the module, relative to `folder`.
 * @param options - Where paths start, and who watches.
 * @throws PolicyError if there is no such file, it cannot be loaded, or what it exports is no
 *   policy.
 *
 * @example
 * ```js
 * import { writeFile } from "node:fs/promises";
 * import { predict, readCapture } from "virtio-mem-engine";
 * import { loadPolicy, openCapture } from "virtio-mem-engine/node";
 *
 * await writeFile("ascending.mjs", `export const policy = {
 *   name: "ascending",
 *   summary: "memory blocks from the lowest address on",
 *   unplug: { memoryBlocks: "ascending" },
 * };`);
 * const policy = await loadPolicy("ascending.mjs");
 * const capture = await readCapture(await openCapture("web-server.tar.gz"));
 * const prediction = await predict(capture, { policy, requestedSize: 2 ** 30, samples: 0 });
 * console.log(prediction.policy); // ascending
 * ```
 */
export async function loadPolicy(path: string, options: LoadPolicyOptions = {}): Promise<Policy> {
  const { folder = ".", watch } = options;
  const file = resolve(folder, path);
  const info = await stat(file).catch(() => undefined);
  if (info?.isFile() !== true) {
    throw new PolicyError(
      `policy must be a name or the path of a module, got no such file: ${path}`,
    );
  }
  const importModule = await importerOf(file);
  watch?.enter(`policy module ${path}`);
  try {
    const module = await importModule();
    return guardedPolicy(module["default"] ?? module["policy"], path, watch);
  } catch (error) {
    if (error instanceof PolicyError) throw error;
    throw new PolicyError(`policy module ${path} must load, got: ${written(error)}`, {
      cause: error,
    });
  } finally {
    watch?.leave();
  }
}

/**
 * Names and paths of modules, joined by `+`, as policies.
 *
 * @param names - Such as `sense-first+./my-policy.ts`; a part with a slash or a known ending is a
 *   path.
 * @param options - As of {@link loadPolicy}.
 * @throws as {@link loadPolicy}; PolicyError if there is no policy of a name.
 *
 * @example
 * ```js
 * import { loadPolicies } from "virtio-mem-engine/node";
 *
 * const policies = await loadPolicies("sense-first+shrink-slab");
 * console.log(policies.map(({ name }) => name)); // [ 'sense-first', 'shrink-slab' ]
 * ```
 */
export async function loadPolicies(names: string, options?: LoadPolicyOptions): Promise<Policy[]> {
  const policies: Policy[] = [];
  for (const name of names.split("+").map((part) => part.trim())) {
    policies.push(isModulePath(name) ? await loadPolicy(name, options) : policyNamed(name));
  }
  return policies;
}

/** What imports the file; made before the module's own time is counted. */
async function importerOf(file: string): Promise<() => Promise<Record<string, unknown>>> {
  const { href } = pathToFileURL(file);
  if (/\.[cm]?js$/.test(file)) return () => import(href) as Promise<Record<string, unknown>>;
  // loaded only now: it takes longer than all else that this module needs
  const { createJiti } = await import("jiti");
  const jiti = createJiti(href, { fsCache: false, moduleCache: false });
  return () => jiti.import<Record<string, unknown>>(file);
}
