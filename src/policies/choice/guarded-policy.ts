import type { SubblockRange, UnplugView } from "../../virtio-mem/driver/unplug-policy.js";
import type { Policy, UnplugDecisions } from "../policy.js";
import { assertPolicyShape } from "./policy-shape.js";
import { written } from "../../input-error.js";
import { PolicyError } from "../policy-error.js";

/** Is told when code of a policy begins and ends: who runs it may end what does not come back. */
export interface PolicyWatch {
  /**
   * A decision is asked for.
   *
   * @param what - The decision, in words.
   */
  readonly enter: (what: string) => void;
  /** It was answered. */
  readonly leave: () => void;
}

const UNWATCHED: PolicyWatch = { enter: () => undefined, leave: () => undefined };

/**
 * A policy from a module, with its answers checked: numbers that name memory blocks of
 * the device and subblocks of a memory block, each once, and no more of them than there are. What
 * breaks a rule, and what its code throws, becomes a PolicyError with the policy's name.
 *
 * A generator that never ends is stopped; a loop inside the policy that never ends is not, unless
 * `watch` can.
 *
 * @param value - What a module exports.
 * @param source - Name of the module, for messages.
 * @param watch - Is told when code of the policy begins and ends. Default: not told.
 * @throws PolicyError if it is no policy.
 *
 * @example
 * ```js
 * import { guardedPolicy, predict, readCapture } from "virtio-mem-engine";
 * import { openCapture } from "virtio-mem-engine/node";
 *
 * const ascending = {
 *   name: "ascending",
 *   summary: "memory blocks from the lowest address on",
 *   unplug: {
 *     memoryBlocks: (view) =>
 *       Array.from({ length: view.count }, (_, at) => view.firstId + at),
 *   },
 * };
 * const policy = guardedPolicy(ascending, "this page");
 * const capture = await readCapture(await openCapture("web-server.tar.gz"));
 * const prediction = await predict(capture, { policy, requestedSize: 2 ** 30, samples: 0 });
 * console.log(prediction.pluggedSizeAfter); // 1073741824
 * ```
 */
export function guardedPolicy(value: unknown, source: string, watch = UNWATCHED): Policy {
  const policy = assertPolicyShape(value, `policy module ${source}`);
  const guard = new Guard(policy.name, watch);
  const { unplug, controller } = policy;
  return {
    ...policy,
    isForeign: true,
    ...(unplug === undefined ? {} : { unplug: guardedUnplug(unplug, guard) }),
    ...(controller === undefined
      ? {}
      : {
          controller: {
            periodMs: controller.periodMs,
            decide: (view) => guard.number("controller.decide()", () => controller.decide(view), 0),
          },
        }),
  };
}

function guardedUnplug(unplug: UnplugDecisions, guard: Guard): UnplugDecisions {
  const { memoryBlocks, subblocks, rank, accepts } = unplug;
  return {
    ...unplug,
    ...(typeof memoryBlocks === "function"
      ? {
          memoryBlocks: (view: UnplugView, pass: number) => {
            const { firstId, count } = view;
            const range = { first: firstId, count, what: "memory blocks of the device" };
            return guard.numbers("memoryBlocks()", () => memoryBlocks(view, pass), range);
          },
        }
      : {}),
    ...(typeof subblocks === "function"
      ? {
          subblocks: (view: UnplugView, id: number, count: number) => {
            const what = "subblocks of the memory block";
            const range = { first: 0, count: view.subblocksPerMemoryBlock, what };
            return guard.numbers("subblocks()", () => subblocks(view, id, count), range);
          },
        }
      : {}),
    ...(rank === undefined
      ? {}
      : {
          rank: (view: UnplugView, chunk: SubblockRange) =>
            guard.number("rank()", () => rank(view, chunk), -Infinity),
        }),
    ...(accepts === undefined
      ? {}
      : {
          accepts: accepts.map((test) => (view: UnplugView, chunk: SubblockRange) => {
            const answer: unknown = guard.run("accepts()", () => test(view, chunk));
            if (typeof answer === "boolean") return answer;
            return guard.fail("accepts() must return true or false", answer);
          }),
        }),
  };
}

interface Range {
  readonly first: number;
  readonly count: number;
  readonly what: string;
}

/** Runs the functions of one policy and checks what they return. */
class Guard {
  readonly #name: string;
  readonly #watch: PolicyWatch;

  constructor(name: string, watch: PolicyWatch) {
    this.#name = name;
    this.#watch = watch;
  }

  run<T>(what: string, call: () => T): T {
    this.#watch.enter(`policy ${this.#name}: ${what}`);
    try {
      return call();
    } catch (error) {
      if (error instanceof PolicyError) throw error;
      throw new PolicyError(
        `policy ${this.#name}: ${what} must not throw, got: ${written(error)}`,
        {
          cause: error,
        },
      );
    } finally {
      this.#watch.leave();
    }
  }

  number(what: string, call: () => unknown, least: number): number {
    const value = this.run(what, call);
    if (typeof value === "number" && Number.isFinite(value) && value >= least) return value;
    const rule = least === 0 ? "a number of at least 0" : "a finite number";
    return this.fail(`${what} must return ${rule}`, value);
  }

  /** Different whole numbers of a range, from anything that can be iterated. */
  numbers(what: string, call: () => unknown, { first, count, what: things }: Range): Uint32Array {
    return this.run(what, () => {
      const value = call();
      if (!isIterable(value)) return this.fail(`${what} must return numbers in a row`, value);
      const seen = new Set<number>();
      for (const item of value) {
        if (seen.size === count) {
          throw new PolicyError(
            `policy ${this.#name}: ${what} must return at most ${count} numbers, got more`,
          );
        }
        if (typeof item !== "number" || !Number.isInteger(item)) {
          return this.fail(`${what} must return whole numbers`, item);
        }
        if (item < first || item >= first + count) {
          const rule = `${what} must name ${things}, ${first} to ${first + count - 1}`;
          return this.fail(rule, item);
        }
        if (seen.has(item)) {
          throw new PolicyError(
            `policy ${this.#name}: ${what} must name each number once, got ${item} twice`,
          );
        }
        seen.add(item);
      }
      return Uint32Array.from(seen);
    });
  }

  fail(rule: string, found: unknown): never {
    throw new PolicyError(`policy ${this.#name}: ${rule}, got ${written(found)}`);
  }
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}
