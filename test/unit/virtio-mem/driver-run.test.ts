import { describe, expect, test } from "vitest";
import { Errno } from "../../../src/errno.js";
import { linuxProfile } from "../../../src/linux/profile.js";
import { VirtioMemDriver } from "../../../src/virtio-mem/driver/driver.js";
import { WorkQueue } from "../../../src/virtio-mem/driver/work-queue.js";
import { VirtioMemDevice } from "../../../src/virtio-mem/device/device.js";
import { ADDR, FIRST_ID, GiB, MiB, SimulatedGuest } from "./simulated-guest.js";

const S = 1_000_000_000;

describe("the retry timer", () => {
  test("waits 50 s, then twice as long each time, 300 s at most; success starts over", () => {
    const guest = new SimulatedGuest();
    guest.resize(2 * MiB);
    guest.block(0, 0);
    guest.resize(0);
    guest.clock.advanceToNs(1000 * S);
    const waits = [...guest.log.of("retry-armed")].map(({ atNs, dueNs }) => (dueNs - atNs) / S);
    expect(waits).toEqual([50, 100, 200, 300, 300, 300]);
    guest.resize(2 * MiB);
    guest.resize(0);
    const last = [...guest.log.of("retry-armed")].at(-1)!;
    expect(last.dueNs - last.atNs).toBe(50 * S);
  });

  test("is stopped by a run that something else starts, without doubling", () => {
    const guest = new SimulatedGuest();
    guest.resize(2 * MiB);
    guest.block(0, 0);
    guest.resize(0);
    guest.clock.advanceToNs(20 * S);
    guest.driver.ask();
    guest.driver.run();
    expect(guest.driver.retryDueNs).toBe(70 * S);
    guest.clock.advanceToNs(69 * S);
    expect(guest.results()).toHaveLength(4);
  });

  test("is not armed where no block is left", () => {
    const guest = new SimulatedGuest({ device: { regionSize: 130 * MiB } });
    guest.resize(130 * MiB);
    expect(guest.results().at(-1)).toBe(-Errno.ENOSPC);
    expect(guest.clock.nextTimerNs).toBeUndefined();
  });
});

describe("a config change in the middle of a run", () => {
  test.each([
    { profile: "v6.1", contigs: 2 },
    { profile: "upstream", contigs: 1 },
  ] as const)("is noticed by $profile after $contigs more attempts", ({ profile, contigs }) => {
    const guest = new SimulatedGuest({ profile });
    guest.resize(256 * MiB);
    const remove = guest.memory.offlineAndRemove.bind(guest.memory);
    guest.memory.offlineAndRemove = (firstId, count) => {
      guest.device.requestSize(256 * MiB);
      guest.driver.run(); // as an interrupt would: does nothing inside a run
      return remove(firstId, count);
    };
    expect(guest.resize(0)).toEqual(["UNPLUG 1:0+64", "PLUG 1:0+64"]);
    expect([...guest.log.of("contig")]).toHaveLength(contigs);
    expect(guest.memory.nrBuddyPages(FIRST_ID)).toBe(32768);
    expect(guest.driver.pluggedSize).toBe(256 * MiB);
  });
});

test("no PLUG is sent while a config change waits", () => {
  const guest = new SimulatedGuest();
  const add = guest.memory.addMemoryBlocks.bind(guest.memory);
  guest.memory.addMemoryBlocks = (firstId, count) => {
    guest.device.requestSize(128 * MiB);
    return add(firstId, count);
  };
  expect(guest.resize(512 * MiB)).toEqual(["PLUG 0:0+64"]);
  expect(guest.results().slice(-2)).toEqual([0, 0]);
});

describe("memory plugged in an earlier life", () => {
  const device = { plugged: [[0, 64]] as const, requestedSize: 128 * MiB };

  test("is unplugged before anything else", () => {
    const guest = new SimulatedGuest({ device });
    expect(guest.requests()).toEqual(["UNPLUG_ALL 0:0+0", "PLUG 0:0+64"]);
    expect(guest.memoryBlocks()).toEqual(["0 kernel 128"]);
  });

  test("waits for a device that is busy", () => {
    const guest = new SimulatedGuest();
    const other = new VirtioMemDevice({ addr: ADDR, regionSize: GiB, log: guest.log, ...device });
    other.migrating = true;
    const { memory, log } = new SimulatedGuest();
    const driver = VirtioMemDriver.probe({
      device: other,
      memory,
      log,
      profile: linuxProfile("v6.1"),
    });
    driver.run();
    expect([...log.of("run-end")].at(-1)?.errno).toBe(-Errno.ETXTBSY);
    other.migrating = false;
    log.clock.advanceToNs(50 * S);
    expect(driver.pluggedSize).toBe(128 * MiB);
  });
});

test("a device that refuses what it requests is given up", () => {
  const guest = new SimulatedGuest();
  guest.device.handle = () => ({ type: "NACK" });
  guest.resize(2 * MiB);
  expect(guest.driver.isBroken).toBe(true);
  expect([...guest.log.of("run-end")].at(-1)?.why).toBe(
    "the device refuses what it requests; broken",
  );
});

test("a device error breaks the driver", () => {
  const guest = new SimulatedGuest();
  guest.device.handle = () => ({ type: "ERROR" });
  guest.resize(2 * MiB);
  expect(guest.driver.isBroken).toBe(true);
  expect(guest.results().at(-1)).toBe(-Errno.EINVAL);
});

test("requests take the time they are priced at", () => {
  const guest = new SimulatedGuest({ driver: { requestNs: 20_000 } });
  guest.resize(384 * MiB);
  expect(guest.clock.nowNs).toBe(60_000);
});

test("drivers that share a work queue never run inside one another", () => {
  const workQueue = new WorkQueue();
  const guest = new SimulatedGuest({ driver: { workQueue } });
  const device = new VirtioMemDevice({ addr: 64 * GiB, regionSize: GiB, log: guest.log });
  const { memory, log } = guest;
  const other = VirtioMemDriver.probe({
    device,
    memory,
    log,
    profile: linuxProfile("v6.1"),
    workQueue,
  });
  other.run();
  const add = memory.addMemoryBlocks.bind(memory);
  memory.addMemoryBlocks = (firstId, count) => {
    device.requestSize(128 * MiB);
    other.run();
    return add(firstId, count);
  };
  guest.device.requestSize(128 * MiB);
  guest.driver.run();
  const runs = log.entries.filter(({ type }) => type === "run-start" || type === "run-end");
  expect(runs.map(({ type }) => type)).toEqual(
    Array.from({ length: runs.length }, (_, i) => (i % 2 === 0 ? "run-start" : "run-end")),
  );
  expect([guest.driver.pluggedSize, other.pluggedSize]).toEqual([128 * MiB, 128 * MiB]);
});

describe("resuming", () => {
  test("refuses a plugged part of a subblock", () => {
    const guest = new SimulatedGuest();
    const device = new VirtioMemDevice({
      addr: ADDR,
      regionSize: GiB,
      blockSize: MiB,
      plugged: [[3, 2]],
    });
    const { memory, log } = guest;
    expect(() =>
      VirtioMemDriver.resume({ device, memory, log, profile: linuxProfile("v6.1") }),
    ).toThrow(
      new RangeError(
        "plugged must hold whole subblocks (2 device blocks), got a part of the one at device block 2",
      ),
    );
  });

  test("refuses plugged blocks outside of whole memory blocks", () => {
    const { memory, log } = new SimulatedGuest();
    const device = new VirtioMemDevice({
      addr: 4 * GiB + 2 * MiB,
      regionSize: GiB,
      plugged: [[0, 1]],
    });
    expect(() =>
      VirtioMemDriver.resume({ device, memory, log, profile: linuxProfile("v6.1") }),
    ).toThrow(RangeError);
  });

  test("takes a plugged memory block that Linux does not know for one left over", () => {
    const { memory, log } = new SimulatedGuest();
    const device = new VirtioMemDevice({ addr: ADDR, regionSize: GiB, plugged: [[0, 64]], log });
    const driver = VirtioMemDriver.resume({ device, memory, log, profile: linuxProfile("v6.1") });
    expect(driver.memoryBlocks()[0]?.state).toBe("plugged");
    driver.ask();
    driver.run();
    expect(device.pluggedSize).toBe(0);
  });
});
