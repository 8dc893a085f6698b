import { loadPolicies } from "../node/load-policy.js";
import { isModulePath } from "../policies/choice/module-path.js";
import type { PolicyWatch } from "../policies/choice/guarded-policy.js";
import { PolicyError } from "../policies/policy-error.js";
import { formatSize } from "../units.js";
import type { Policy } from "../policies/policy.js";
import { assertInWorker, commandData } from "./command-link.js";
import { WatchBoard } from "./watch-board.js";

/**
 * The policies that a user names, modules among them.
 *
 * @param folder - where relative paths of modules start.
 * @throws PolicyError if there is no such policy; NeedsWorker if a module is among them and this is
 *   the main thread.
 */
export async function policyChoice(names: string, folder = "."): Promise<Policy[]> {
  const hasModule = names.split("+").some((name) => isModulePath(name.trim()));
  if (hasModule) assertInWorker();
  return loadPolicies(
    names,
    commandData === undefined ? { folder } : { folder, watch: boardWatch(commandData.board) },
  );
}

function boardWatch(buffer: SharedArrayBuffer): PolicyWatch {
  const board = new WatchBoard(buffer);
  return {
    enter: (what) => {
      board.enter(what);
    },
    leave: () => {
      board.leave();
      assertSmall(board.note);
    },
  };
}

/** Memory outside the heap that modules may keep; asked not too often, since it takes time. */
const MAX_KEPT = 2 ** 29;
const LOOK_EVERY_MS = 100;
let lookedMs = 0;

function assertSmall(who: string): void {
  const now = performance.now();
  if (now - lookedMs < LOOK_EVERY_MS) return;
  lookedMs = now;
  const { arrayBuffers } = process.memoryUsage();
  if (arrayBuffers > MAX_KEPT) {
    throw new PolicyError(`${who} must keep at most ${formatSize(MAX_KEPT)} of buffers, got more`);
  }
}
