import { describe, expect, test } from "vitest";
import { linuxProfile } from "../../../src/linux/profile.js";
import { nearName } from "../../../src/near-name.js";
import { PolicyError } from "../../../src/policies/policy-error.js";
import { POLICIES } from "../../../src/policies/choice/registry.js";
import { resolvePolicy, type PolicyChoice } from "../../../src/policies/choice/resolve-policy.js";
import { LINUX_POLICIES } from "../../../src/virtio-mem/driver/linux-policies.js";

const V6_1 = linuxProfile("v6.1");

describe("resolvePolicy", () => {
  test("without a choice gives what the version does", () => {
    expect(resolvePolicy(undefined, V6_1)).toEqual({
      name: "linux",
      unplug: LINUX_POLICIES.linux,
      retry: { ...V6_1.driver.retry, factor: 2 },
      online: {},
      memmap: "older-memory",
      controller: undefined,
    });
    expect(resolvePolicy(undefined, linuxProfile("v5.8")).unplug).toEqual(LINUX_POLICIES["v5.8"]);
  });

  test("takes the name of a Linux version for that version's driver", () => {
    expect(resolvePolicy("v5.14", linuxProfile("rfc3")).unplug).toEqual(LINUX_POLICIES.linux);
  });

  test("puts single decisions over a complete policy, in whatever order they are named", () => {
    const a = resolvePolicy("bigger-chunks-first+rfc3-seed", V6_1);
    const b = resolvePolicy(["rfc3-seed", "bigger-chunks-first"], V6_1);
    expect(a.unplug.chunks).toEqual(["memory-block", 512, 256, 128, 64, 32, 16, 8, 4, 2, 1]);
    expect({ ...a.unplug, name: "" }).toEqual({ ...b.unplug, name: "" });
    expect(a.unplug.memoryBlocks).toBe("ascending");
    expect(a.name).toBe("bigger-chunks-first+rfc3-seed");
  });

  test("asks the tests of all policies before an attempt", () => {
    const own = { name: "own", summary: "", unplug: { accepts: [() => false] } };
    expect(resolvePolicy(["sense-first", own], V6_1).unplug.accepts).toHaveLength(2);
  });

  test.each<[PolicyChoice, string]>([
    ["sense-frist", 'policy must be a known one; near is sense-first, got "sense-frist"'],
    ["v6.13", 'policy must be a known one; near is v6.1, got "v6.13"'],
    [
      "linux+rfc3-seed",
      "policy linux+rfc3-seed must decide each thing once, got linux and rfc3-seed: each decides the whole unplug behaviour",
    ],
    [
      "sense-first+sense-first",
      "policy sense-first+sense-first must decide each thing once, got sense-first twice: each decides what sense-first does",
    ],
    [
      ["bigger-chunks-first", { name: "mine", summary: "", unplug: { chunks: [4] } }],
      "policy bigger-chunks-first+mine must decide each thing once, got bigger-chunks-first and mine: each decides the sizes of chunks",
    ],
  ])("refuses %j", (choice, message) => {
    expect(() => resolvePolicy(choice, V6_1)).toThrow(new PolicyError(message));
  });

  test.each(["", "+", "no such thing at all"])("lists all names for %j", (choice) => {
    const names = POLICIES.map(({ name }) => name).join(", ");
    expect(() => resolvePolicy(choice, V6_1)).toThrow(`policy must be one of ${names}, got `);
  });
});

test("each policy has a name and a summary of its own", () => {
  for (const key of ["name", "summary"] as const) {
    const words = POLICIES.map((policy) => policy[key]);
    expect(new Set(words).size).toBe(words.length);
  }
});

test("nearName forgives a third of the letters, swapped neighbours and capitals", () => {
  expect(nearName("Linux", ["linux", "v5.8"])).toBe("linux");
  expect(nearName("lniux", ["linux"])).toBe("linux");
  expect(nearName("free-areas", ["free-areas-first"])).toBe(undefined);
  expect(nearName("freearesfirst", ["free-areas-first"])).toBe("free-areas-first");
  expect(nearName("abc", ["xyz"])).toBeUndefined();
});
