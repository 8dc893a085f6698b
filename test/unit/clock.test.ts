import { expect, test } from "vitest";
import { VirtualClock } from "../../src/clock.js";

test("timers fire by due time, and in the order they were set where that is equal", () => {
  const clock = new VirtualClock();
  const fired: string[] = [];
  for (const [name, dueNs] of [
    ["c", 30],
    ["a", 10],
    ["d", 30],
    ["b", 10],
  ] as const) {
    clock.setTimer(dueNs, () => fired.push(`${name}@${clock.nowNs}`));
  }
  clock.advanceToNs(100);
  expect(fired).toEqual(["a@10", "b@10", "c@30", "d@30"]);
  expect(clock.nowNs).toBe(100);
});

test("a timer that sets another one in reach fires that too", () => {
  const clock = new VirtualClock();
  const times: number[] = [];
  clock.setTimer(10, () => {
    clock.setTimer(clock.nowNs + 5, () => times.push(clock.nowNs));
  });
  clock.advanceNs(20);
  expect(times).toEqual([15]);
});

test("a callback that lets time pass delays what follows, and time never goes back", () => {
  const clock = new VirtualClock();
  const times: number[] = [];
  clock.setTimer(10, () => {
    clock.advanceNs(100);
  });
  clock.setTimer(200, () => times.push(clock.nowNs));
  clock.advanceToNs(50);
  expect(clock.nowNs).toBe(110);
  clock.advanceToNs(300);
  expect(times).toEqual([200]);
});

test("a cancelled timer does not fire, and cancelling twice does nothing", () => {
  const clock = new VirtualClock();
  let fired = 0;
  const timer = clock.setTimer(10, () => fired++);
  clock.setTimer(20, () => fired++);
  clock.cancelTimer(timer);
  clock.cancelTimer(timer);
  expect(clock.nextTimerNs).toBe(20);
  clock.advanceToNs(30);
  expect(fired).toBe(1);
});

test("milliseconds carry a fraction", () => {
  const clock = new VirtualClock();
  clock.advanceNs(1_500_000);
  expect(clock.nowMs).toBe(1.5);
});

test.each([
  { ns: -1, message: "ns must be a whole number of nanoseconds >= 0, got -1" },
  { ns: 0.5, message: "ns must be a whole number of nanoseconds >= 0, got 0.5" },
])("refuses to advance by $ns", ({ ns, message }) => {
  const clock = new VirtualClock();
  expect(() => {
    clock.advanceNs(ns);
  }).toThrow(new RangeError(message));
});
