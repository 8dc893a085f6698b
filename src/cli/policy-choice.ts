import { isMainThread, workerData } from "node:worker_threads";

import { loadPolicies } from "../node/load-policy.js";
import { isModulePath } from "../policies/choice/module-path.js";
import type { PolicyWatch } from "../policies/choice/guarded-policy.js";
import type { Policy } from "../policies/policy.js";
import { WatchBoard } from "./watch-board.js";

/**
 * Code of a policy may loop for ever, which only another thread can end: the command starts again
 * in one.
 */
export class NeedsWorker extends Error {}

/**
 * The policies that a user names, modules among them.
 *
 * @param folder - where relative paths of modules start.
 * @throws PolicyError if there is no such policy; NeedsWorker if a module is among them and this is
 *   the main thread.
 */
export async function policyChoice(names: string, folder = "."): Promise<Policy[]> {
  const hasModule = names.split("+").some((name) => isModulePath(name.trim()));
  if (hasModule && isMainThread) throw new NeedsWorker();
  const watch = isMainThread ? undefined : boardWatch();
  return loadPolicies(names, watch === undefined ? { folder } : { folder, watch });
}

function boardWatch(): PolicyWatch {
  const board = new WatchBoard((workerData as { board: SharedArrayBuffer }).board);
  return {
    enter: (what) => {
      board.enter(what);
    },
    leave: () => {
      board.leave();
    },
  };
}
