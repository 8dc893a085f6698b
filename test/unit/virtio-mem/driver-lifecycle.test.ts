import { describe, expect, test } from "vitest";
import { KernelError } from "../../../src/core/kernel-error.js";
import { linuxProfile, PROFILE_NAMES, type ProfileName } from "../../../src/linux/profile.js";
import { VirtioMemDevice } from "../../../src/virtio-mem/device/device.js";
import { VirtioMemDriver } from "../../../src/virtio-mem/driver/driver.js";
import { KdumpDriver } from "../../../src/virtio-mem/driver/kdump.js";
import { ADDR, FIRST_ID, GiB, MiB, SimulatedGuest } from "./simulated-guest.js";

describe("unloading the driver", () => {
  test("ends its timer, its notifier and its interest in the device; what is plugged stays", () => {
    const guest = new SimulatedGuest();
    guest.resize(256 * MiB);
    guest.block(0, 3);
    guest.resize(0);
    expect(guest.driver.retryDueNs).toBeDefined();
    const before = guest.log.length;
    expect(guest.driver.remove()).toEqual([FIRST_ID]);
    expect(guest.driver.retryDueNs).toBeUndefined();
    expect(guest.device.isActive).toBe(false);
    expect(guest.device.pluggedSize).toBe(2 * MiB);
    guest.device.requestSize(GiB);
    guest.driver.ask();
    guest.driver.run();
    guest.clock.advanceNs(1000e9);
    expect([...guest.log.of("request", before)]).toEqual([]);
  });

  test("vetoes onlining and offlining of its memory meanwhile", () => {
    let online: boolean | undefined;
    let offline: boolean | undefined;
    const guest = new SimulatedGuest({
      known: [
        { zone: undefined, plugged: [[0, 64]] },
        { zone: "Normal", plugged: [[0, 64]] },
        { zone: undefined, plugged: [[0, 8]] },
      ],
    });
    guest.memory.onRemove = () => {
      online = guest.memory.online(FIRST_ID, "Normal");
      offline = guest.memory.offline(FIRST_ID + 1);
    };
    expect(guest.driver.remove()).toEqual([FIRST_ID, FIRST_ID + 1]);
    expect([online, offline]).toEqual([false, false]);
    expect(guest.memory.memoryBlockIds()).toEqual([FIRST_ID, FIRST_ID + 1]);
  });

  test.each<{ profile: ProfileName; code: string }>([
    { profile: "rfc3-seed", code: "EINVAL" },
    { profile: "v5.8", code: "EBUSY" },
    { profile: "v6.1", code: "EBUSY" },
    { profile: "upstream", code: "EBUSY" },
  ])("and loading it again fails with $code in $profile while its memory is there", (row) => {
    const guest = new SimulatedGuest({ profile: row.profile });
    guest.resize(256 * MiB);
    guest.driver.remove();
    const { device, memory, log } = guest;
    const probe = (): VirtioMemDriver =>
      VirtioMemDriver.probe({ device, memory, log, profile: linuxProfile(row.profile) });
    expect(probe).toThrow(`load the driver while its memory is added: ${row.code}`);
    expect(memory.offlineAndRemove(FIRST_ID, 2)).toBe(0);
    const driver = probe();
    driver.run();
    expect(guest.requests().slice(-3)).toEqual(["UNPLUG_ALL 0:0+0", "PLUG 0:0+64", "PLUG 1:0+64"]);
    expect(driver.pluggedSize).toBe(256 * MiB);
  });
});

describe("features", () => {
  const load = (profile: ProfileName, strictFeatures: boolean): string => {
    const { memory, log } = new SimulatedGuest();
    const device = new VirtioMemDevice({ addr: ADDR, regionSize: GiB, nodeId: 0 });
    VirtioMemDriver.probe({
      device,
      memory,
      log,
      profile: linuxProfile(profile),
      strictFeatures,
    });
    return device.acceptedFeatures.toString(16);
  };

  test.each<{ profile: ProfileName; accepted: string }>([
    { profile: "rfc3-seed", accepted: "100000003" },
    { profile: "v5.14", accepted: "100000003" },
    { profile: "v6.1", accepted: "100000003" },
    { profile: "upstream", accepted: "100000007" },
  ])("that $profile accepts are $accepted, with what it cannot do without", (row) => {
    expect(load(row.profile, false)).toBe(row.accepted);
  });

  test("that are missing keep a driver before v5.17 from loading, if the host insists", () => {
    expect(() => load("v5.14", true)).toThrow(
      new KernelError("EINVAL", "load the driver of v5.14, which lacks a feature"),
    );
    expect(load("v6.1", true)).toBe("100000003");
  });
});

describe("suspending", () => {
  const suspended = (profile: ProfileName, plugged: number, persistent: boolean): string =>
    (["to-idle", "to-ram", "to-disk"] as const)
      .filter((kind) => {
        const guest = new SimulatedGuest({
          profile,
          device: {
            withoutFeatures: persistent
              ? ["UnpluggedInaccessible"]
              : ["UnpluggedInaccessible", "PersistentSuspend"],
          },
        });
        guest.resize(plugged);
        return guest.driver.trySuspend(kind);
      })
      .join(", ");

  test.each(PROFILE_NAMES.slice(0, PROFILE_NAMES.indexOf("v6.12")))(
    "is refused by %s",
    (profile) => {
      expect(suspended(profile, 0, true)).toBe("");
    },
  );

  test("is allowed upstream where nothing is plugged or the device keeps it, never to disk", () => {
    expect(suspended("upstream", 128 * MiB, false)).toBe("to-idle");
    expect(suspended("upstream", 0, false)).toBe("to-idle, to-ram");
    expect(suspended("upstream", 128 * MiB, true)).toBe("to-idle, to-ram");
  });

  test("stops all work until the guest wakes up and reads the config again", () => {
    const guest = new SimulatedGuest({ profile: "upstream" });
    guest.resize(256 * MiB);
    guest.block(0, 1);
    guest.resize(128 * MiB);
    guest.resize(0);
    expect(guest.driver.trySuspend("to-ram")).toBe(true);
    expect(guest.driver.isFrozen).toBe(true);
    guest.requests();
    guest.device.requestSize(384 * MiB);
    guest.clock.advanceNs(1000e9);
    guest.driver.run();
    expect(guest.requests()).toEqual([]);
    expect(guest.device.pluggedSize).toBe(2 * MiB);
    guest.driver.wakeUp();
    guest.driver.run();
    expect(guest.driver.pluggedSize).toBe(384 * MiB);
    expect([...guest.log.of("run-start")].at(-1)?.trigger).toBe("wake-up");
    guest.driver.wakeUp();
    expect(guest.driver.hasWork).toBe(false);
  });
});

describe("a kdump kernel", () => {
  const crashed = (): VirtioMemDevice =>
    new VirtioMemDevice({
      addr: ADDR,
      regionSize: GiB,
      requestedSize: 512 * MiB,
      plugged: [
        [0, 3],
        [64, 64],
        [128, 1],
        [300, 2],
      ],
    });

  test.each<{ profile: ProfileName; can: string }>([
    { profile: "rfc3-seed", can: "no" },
    { profile: "v5.14", can: "no" },
    { profile: "v6.1", can: "answer" },
    { profile: "v6.5", can: "answer" },
    { profile: "upstream", can: "answer, list" },
  ])("of $profile can: $can", ({ profile, can }) => {
    const abilities: string[] = [];
    try {
      const driver = new KdumpDriver(crashed(), linuxProfile(profile));
      abilities.push("answer");
      driver.listRam(128 * MiB);
      abilities.push("list");
    } catch (error) {
      expect(error).toBeInstanceOf(KernelError);
    }
    expect(abilities.join(", ") || "no").toBe(can);
  });

  test("is told which pages are RAM, and asks once per device block", () => {
    const device = crashed();
    const driver = new KdumpDriver(device, linuxProfile("v6.1"));
    const asked: number[] = [];
    const handle = device.handle.bind(device);
    device.handle = (request) => {
      if ("addr" in request) asked.push((Number(request.addr) - ADDR) / MiB);
      return handle(request);
    };
    const isRam = (mib: number): boolean => driver.isRam(ADDR + mib * MiB);
    expect([-1, 0, 1, 5, 6, 7, 1023, 1024].map(isRam)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
      false,
      true,
    ]);
    expect(asked).toEqual([0, 4, 6, 1022]);
    const empty = new VirtioMemDevice({ addr: ADDR, regionSize: GiB, requestedSize: GiB });
    expect(new KdumpDriver(empty, linuxProfile("v6.1")).isRam(ADDR)).toBe(false);
  });

  test("lists RAM in chunks of a section, neighbours merged", () => {
    const driver = new KdumpDriver(crashed(), linuxProfile("upstream"));
    const inMib = driver.listRam(128 * MiB).map((range) => range.map((at) => (at - ADDR) / MiB));
    expect(inMib).toEqual([
      [0, 384],
      [512, 640],
    ]);
    const broken = crashed();
    const other = new KdumpDriver(broken, linuxProfile("upstream"));
    broken.handleBytes(new Uint8Array(1));
    expect(() => other.listRam(128 * MiB)).toThrow(KernelError);
  });

  test("changes nothing", () => {
    const device = crashed();
    const before = device.snapshot();
    const driver = new KdumpDriver(device, linuxProfile("upstream"));
    driver.isRam(ADDR);
    driver.listRam(128 * MiB);
    expect(device.snapshot()).toEqual(before);
  });
});

describe("a run says what began it", () => {
  const triggers = (guest: SimulatedGuest): string[] =>
    [...guest.log.of("run-start")].map(({ trigger }) => trigger);

  test("loading, a new size, a caller", () => {
    const guest = new SimulatedGuest();
    guest.resize(128 * MiB);
    guest.driver.ask();
    guest.driver.run();
    expect(triggers(guest)).toEqual(["probe", "config-change", "asked"]);
  });

  test("the first of several reasons, in one run", () => {
    const guest = new SimulatedGuest();
    guest.driver.ask();
    guest.device.requestSize(128 * MiB);
    guest.driver.run();
    expect(triggers(guest)).toEqual(["probe", "asked"]);
    expect(guest.driver.pluggedSize).toBe(128 * MiB);
  });

  test("a run in which nothing was removed needs no second look", () => {
    const guest = new SimulatedGuest();
    guest.resize(256 * MiB);
    const before = triggers(guest).length;
    guest.block(0, 1);
    guest.block(1, 1);
    guest.resize(252 * MiB);
    expect(triggers(guest).slice(before)).toEqual(["config-change"]);
  });
});

describe("a driver is not made", () => {
  test("with big blocks of more device blocks than a request can name", () => {
    expect(
      () =>
        new SimulatedGuest({
          device: { regionSize: 512 * GiB },
          parameters: { forceBbm: true, bbmBlockSize: 128 * GiB },
        }),
    ).toThrow(new RangeError("bbmBlockSize must be at most 65535 device blocks, got 65536"));
    const large = new SimulatedGuest({
      device: { regionSize: 512 * GiB },
      parameters: { forceBbm: true, bbmBlockSize: 64 * GiB },
    });
    expect(large.driver.geometry.bigBlockSize).toBe(64 * GiB);
  });
});

test("a crashed guest leaves no timer, and no run", () => {
  const guest = new SimulatedGuest();
  guest.resize(256 * MiB);
  guest.block(0, 3);
  guest.resize(0);
  expect(guest.driver.retryDueNs).toBeDefined();
  guest.requests();
  guest.driver.abandon();
  expect(guest.driver.retryDueNs).toBeUndefined();
  guest.device.requestSize(GiB);
  guest.driver.ask();
  guest.driver.run();
  guest.clock.advanceNs(1000e9);
  expect(guest.requests()).toEqual([]);
  expect(guest.driver.hasWork).toBe(false);
});
