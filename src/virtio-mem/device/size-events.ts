import type { VirtualClock } from "../../clock.js";
import type { VirtioMemDevice } from "./device.js";

const INTERVAL_NS = 1_000_000_000;

/**
 * Passes a device's plugged size on as QEMU's monitor does: the first change at once, then at most
 * one a second, always the last value of that second.
 *
 * @param device - Whose plugged size is passed on.
 * @param clock - Virtual clock that counts the second.
 * @param listener - Is called with the plugged size in bytes.
 * @returns the function that ends it.
 *
 * @example
 * ```js
 * import { Guest } from "virtio-mem-engine";
 * import { throttleSizeEvents } from "virtio-mem-engine/device";
 *
 * const { device, clock } = await Guest.create();
 * const end = throttleSizeEvents(device, clock, (pluggedSize) => console.log(pluggedSize));
 * device.requestSize(2 ** 27);
 * end();
 * ```
 */
export function throttleSizeEvents(
  device: Pick<VirtioMemDevice, "onSizeChange">,
  clock: VirtualClock,
  listener: (pluggedSize: number) => void,
): () => void {
  let held: number | undefined;
  let isHolding = false;
  let ended = false;

  const open = (): void => {
    isHolding = false;
    const last = held;
    held = undefined;
    if (last !== undefined && !ended) pass(last);
  };
  const pass = (pluggedSize: number): void => {
    isHolding = true;
    clock.setTimer(clock.nowNs + INTERVAL_NS, open);
    listener(pluggedSize);
  };
  const stop = device.onSizeChange((pluggedSize) => {
    if (isHolding) held = pluggedSize;
    else pass(pluggedSize);
  });
  return () => {
    ended = true;
    stop();
  };
}
