import { expect, test } from "vitest";

import type { Capture } from "../../../src/capture/capture.js";
import { askedDevices } from "../../../src/cli/requested-sizes.js";

const captures = ["virtio0", "virtio3"].map((name) => ({ device: { name } }) as Capture);

function asked(text: string): (readonly [string | undefined, number])[] {
  return askedDevices(captures, text).map(
    ({ capture, requestedSize }) => [capture.device.name, requestedSize] as const,
  );
}

test("one size is asked of each device", () => {
  expect(asked("1MiB")).toEqual([
    ["virtio0", 2 ** 20],
    ["virtio3", 2 ** 20],
  ]);
});

test("sizes by device are asked of those only", () => {
  expect(asked("virtio3=0")).toEqual([["virtio3", 0]]);
  expect(asked("virtio3=2GiB, virtio0=0")).toEqual([
    ["virtio3", 2 ** 31],
    ["virtio0", 0],
  ]);
});

test.each([
  ["virtio1=0", "must name a device of the capture (virtio0, virtio3), got virtio1"],
  ["virtio0=0,virtio0=1", "must name a device once, got virtio0 twice"],
  ["virtio0=lots", "--requested-size of virtio0"],
])("%s is refused", (text, message) => {
  expect(() => asked(text)).toThrow(message);
});
