import type { MemoryBlockState } from "../../virtio-mem/memory-block-state.js";
import type { OnlineSettings } from "../../linux/online-policy.js";
import type { Policy } from "../policy.js";
import { written } from "../../input-error.js";
import { PolicyError } from "../policy-error.js";

const KEYS = [
  "name",
  "summary",
  "isComplete",
  "unplug",
  "retry",
  "online",
  "memmap",
  "controller",
] as const;
const STATES: readonly MemoryBlockState[] = [
  "offline-partial",
  "offline",
  "movable-partial",
  "kernel-partial",
  "movable",
  "kernel",
];
const ORDERS = ["ascending", "descending"];
const CACHES = ["empty-slabs", "slab", "file-cache"];
const EMPTY = ["kept", "removed", "removed-with-retry"];
const MOST_CHUNKS = 32;
const MOST_ATTEMPTS = 1000;

type Test = (value: unknown) => boolean;

const isObject: Test = (value) => typeof value === "object" && value !== null;
const isWhole: Test = (value) => typeof value === "number" && Number.isInteger(value) && value >= 0;
const isPositive: Test = (value) =>
  typeof value === "number" && Number.isFinite(value) && value > 0;
const isFunction: Test = (value) => typeof value === "function";
const isOneOf =
  (values: readonly unknown[]): Test =>
  (value) =>
    values.includes(value);
const isListOf =
  (test: Test, most: number): Test =>
  (value) =>
    Array.isArray(value) && value.length > 0 && value.length <= most && value.every(test);
const isChunk: Test = (value) =>
  value === "memory-block" ||
  (typeof value === "number" && Number.isInteger(Math.log2(value)) && value >= 1);
const isAttempts: Test = (value) => {
  const { kernel, movable } = (value ?? {}) as Record<string, unknown>;
  return [kernel, movable].every((nr) => isWhole(nr) && (nr as number) <= MOST_ATTEMPTS);
};
const orFunction =
  (test: Test): Test =>
  (value) =>
    isFunction(value) || test(value);

const UNPLUG: Readonly<Record<string, readonly [Test, string]>> = {
  passes: [isListOf(isListOf(isOneOf(STATES), STATES.length), 64), "lists of states"],
  memoryBlocks: [orFunction(isOneOf(ORDERS)), "ascending, descending or a function"],
  subblocks: [orFunction(isOneOf(ORDERS)), "ascending, descending or a function"],
  chunks: [isListOf(isChunk, MOST_CHUNKS), "powers of two or memory-block"],
  attempts: [isAttempts, "numbers of attempts by kernel and movable"],
  rank: [isFunction, "a function"],
  accepts: [isListOf(isFunction, 64), "a list of functions"],
  isolatesFirst: [isOneOf([true, false]), "true or false"],
  outOfMemory: [isOneOf(["end", "go-on"]), "end or go-on"],
  before: [isListOf(isOneOf(CACHES), 3), `a list of ${CACHES.join(", ")}`],
  whenShort: [isListOf(isOneOf(CACHES), 3), `a list of ${CACHES.join(", ")}`],
  emptyMemoryBlocks: [isOneOf(EMPTY), EMPTY.join(", ")],
  mostFailures: [(value) => isWhole(value) && value !== 0, "a whole number from 1 on"],
  reserve: [
    (value) => isWhole(value) || isOneOf(["high-watermarks", "until-high-watermarks"])(value),
    "a whole number of bytes, high-watermarks or until-high-watermarks",
  ],
};

const ONLINE: Readonly<Record<keyof OnlineSettings, readonly [Test, string]>> = {
  autoOnline: [
    isOneOf(["offline", "online", "online_kernel", "online_movable"]),
    "offline, online, online_kernel or online_movable",
  ],
  onlinePolicy: [
    isOneOf(["contig-zones", "auto-movable", "prefer-movable"]),
    "contig-zones, auto-movable or prefer-movable",
  ],
  autoMovableRatio: [isWhole, "a whole number of percent"],
  autoMovableNumaAware: [isOneOf([true, false]), "true or false"],
  movableNode: [isOneOf([true, false]), "true or false"],
  preferMovableRatio: [isPositive, "more than 0"],
};

/**
 * @param source - what the policy is called before its name is known.
 * @throws PolicyError that names the source, the policy and the first rule that is broken. */
export function assertPolicyShape(value: unknown, source: string): Policy {
  if (!isObject(value)) {
    throw new PolicyError(`${source} must be a policy object, got ${written(value)}`);
  }
  const policy = value as Record<string, unknown>;
  const { name, summary } = policy;
  if (typeof name !== "string" || !/^[a-z0-9][a-z0-9.=-]*$/.test(name)) {
    throw new PolicyError(
      `${source} must have a name of a-z, 0-9, -, . and =, got ${written(name)}`,
    );
  }
  const assert = (holds: boolean, rule: string, found: unknown): void => {
    if (!holds) throw new PolicyError(`policy ${name}: ${rule}, got ${written(found)}`);
  };
  assert(typeof summary === "string", "summary must be text", summary);
  const odd = Object.keys(policy).find(
    // what guardedPolicy() has marked
    (key) => key !== "isForeign" && !KEYS.some((known) => known === key),
  );
  assert(odd === undefined, `it must have no other parts than ${KEYS.join(", ")}`, odd);
  const { isComplete, unplug, retry, online, memmap, controller } = policy;
  assert(
    isOneOf([undefined, true, false])(isComplete),
    "isComplete must be true or false",
    isComplete,
  );
  if (online !== undefined) assertParts("online", online, ONLINE, assert);
  if (unplug !== undefined) assertParts("unplug", unplug, UNPLUG, assert);
  if (retry !== undefined) assertRetry(retry, assert);
  assert(
    isOneOf([undefined, "older-memory", "added-memory"])(memmap),
    "memmap must be older-memory or added-memory",
    memmap,
  );
  if (controller !== undefined) {
    assert(isObject(controller), "controller must be an object", controller);
    const { periodMs, decide } = controller as Record<string, unknown>;
    assert(
      isPositive(periodMs) && (periodMs as number) >= 1,
      "controller.periodMs must be at least 1",
      periodMs,
    );
    assert(isFunction(decide), "controller.decide must be a function", decide);
  }
  return value as Policy;
}

type Assert = (holds: boolean, rule: string, found: unknown) => void;

function assertParts(
  what: string,
  parts: unknown,
  rules: Readonly<Record<string, readonly [Test, string]>>,
  assert: Assert,
): void {
  assert(isObject(parts), `${what} must be an object`, parts);
  for (const [key, value] of Object.entries(parts as object)) {
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
    assert(
      rule !== undefined,
      `${what} must have no other parts than ${Object.keys(rules).join(", ")}`,
      key,
    );
    if (rule !== undefined) assert(rule[0](value), `${what}.${key} must be ${rule[1]}`, value);
  }
}

function assertRetry(retry: unknown, assert: Assert): void {
  assert(isObject(retry), "retry must be an object", retry);
  const { minimumMs, maximumMs, factor, most } = retry as Record<string, unknown>;
  assert(isPositive(minimumMs), "retry.minimumMs must be more than 0", minimumMs);
  assert(isPositive(maximumMs), "retry.maximumMs must be more than 0", maximumMs);
  assert(isPositive(factor) && (factor as number) >= 1, "retry.factor must be at least 1", factor);
  assert(most === undefined || isWhole(most), "retry.most must be a whole number", most);
}
