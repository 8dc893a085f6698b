import { describe, expect, test } from "vitest";

import { CaptureError } from "../../src/capture/capture-error.js";
import { CapacityError, KernelError } from "../../src/core/kernel-error.js";
import {
  isInputError,
  optionError,
  optionTypeError,
  shown,
  visibleText,
  written,
} from "../../src/input-error.js";
import { PolicyError } from "../../src/policies/policy-error.js";
import { ScenarioError } from "../../src/scenario/file/scenario-error.js";

describe("isInputError", () => {
  test.each([
    new CaptureError("f", "x", "must be"),
    new ScenarioError("f", "x", "must be"),
    new PolicyError("must be"),
    new CapacityError("must be"),
    optionError("must be"),
    optionTypeError("must be"),
  ])("holds for $name", (error) => {
    expect(isInputError(error)).toBe(true);
  });

  test.each([
    new KernelError("EINVAL", "x"),
    new RangeError("Invalid array length"),
    new TypeError("x is not a function"),
    new Error("x"),
    "must be",
    undefined,
  ])("does not hold for %s", (error) => {
    expect(isInputError(error)).toBe(false);
  });

  test("the errors of options are those that JavaScript has", () => {
    expect(optionError("x")).toEqual(new RangeError("x"));
    expect(optionTypeError("x")).toEqual(new TypeError("x"));
  });
});

describe("messages", () => {
  test("are short, and do nothing to a terminal", () => {
    const { message } = optionError(`a\u001b[2J\u202e${"x".repeat(5000)}`);
    expect(message).toContain("a\\u001b[2J\\u202e");
    expect(message.length).toBeLessThan(1100);
  });

  test.each([
    ["a\nb", '"a\\nb"'],
    [Object.create(null), "an object"],
    [[1, 2], "an array of 2"],
    [() => 1, "a function"],
    [1n, "1"],
    [undefined, "undefined"],
    [NaN, "NaN"],
  ])("show %s as %s", (value, words) => {
    expect(shown(value)).toBe(words);
  });

  test("survive values that throw when they are written", () => {
    const hostile = {
      toString() {
        throw new Error("in toString");
      },
    };
    expect(written(hostile)).toBe("something that cannot be written");
    expect(written(Object.create(null))).toBe("something that cannot be written");
    expect(shown(new Proxy({}, { get: () => hostile }))).toBe("an object");
  });

  test("show control characters as escapes", () => {
    expect(visibleText("\u009b1m\u0000é\u2028")).toBe("\\u009b1m\\u0000é\\u2028");
  });
});
