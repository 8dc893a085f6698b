import { expect, test } from "vitest";

import { WorkQueue } from "../../../../src/virtio-mem/driver/work-queue.js";

test("items run in the order in which they were queued, each once", () => {
  const queue = new WorkQueue();
  const done: string[] = [];
  const [a, b] = ["a", "b"].map((name) => () => void done.push(name));
  queue.queue(a!);
  queue.queue(b!);
  queue.queue(a!);
  expect([queue.placeOf(a!), queue.placeOf(b!), queue.placeOf(() => undefined)]).toEqual([
    0,
    1,
    undefined,
  ]);
  queue.run();
  expect(done).toEqual(["a", "b"]);
  expect(queue.placeOf(a!)).toBeUndefined();
  queue.run();
  expect(done).toEqual(["a", "b"]);
});

test("an item that asks for a run or queues another one is not interrupted", () => {
  const queue = new WorkQueue();
  const done: string[] = [];
  queue.queue(() => {
    expect(queue.isRunning).toBe(true);
    queue.queue(() => void done.push("queued inside"));
    queue.run();
    done.push("first");
  });
  expect(queue.isRunning).toBe(false);
  queue.run();
  expect(done).toEqual(["first", "queued inside"]);
  expect(queue.isRunning).toBe(false);
});

test("an item that throws leaves the rest queued, and a queue that runs again", () => {
  const queue = new WorkQueue();
  const done: string[] = [];
  queue.queue(() => {
    throw new Error("of an item");
  });
  queue.queue(() => void done.push("second"));
  expect(() => {
    queue.run();
  }).toThrow("of an item");
  expect([queue.isRunning, done]).toEqual([false, []]);
  queue.run();
  expect(done).toEqual(["second"]);
});
