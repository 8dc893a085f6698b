// Devices with one fault each: the kit finds it, says what was expected and why.

import { describe, expect, test } from "vitest";
import { DeviceFailure } from "../../../src/conformance/device-failure.js";
import { OwnDevicePort } from "../../../src/conformance/own-device-port.js";
import {
  checkVectors,
  vectorLines,
  type CaseResult,
  type CheckOptions,
} from "../../../src/conformance/vectors.js";
import {
  decodeWireRequest,
  encodeRequest,
  encodeResponse,
  type WireRequest,
} from "../../../src/virtio-mem/wire.js";
import { deviceFlavour, type FlavourName } from "../../../src/virtio-mem/device/flavour.js";

const GEOMETRY = { addr: 2n ** 32n, regionSize: 2n ** 30n, blockSize: 2n ** 21n };
const BLOCK = 2 ** 21;
const PLUG = 0;
const UNPLUG = 1;
const UNPLUG_ALL = 2;
const STATE = 3;

async function textOf(flavour: FlavourName): Promise<string> {
  const lines: string[] = [];
  for await (const line of vectorLines({ flavour: deviceFlavour(flavour), random: 1000 })) {
    lines.push(line);
  }
  return lines.join("\n");
}

async function differing(
  text: string,
  port: OwnDevicePort,
  options: CheckOptions = {},
): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for await (const result of checkVectors(text, port, options)) results.push(result);
  return results.filter(({ difference }) => difference !== undefined);
}

/** A device whose requests pass through `fault`, which may change them or answer by itself. */
class FaultyPort extends OwnDevicePort {
  readonly #fault: (
    request: WireRequest,
    answer: (request: WireRequest) => Uint8Array | undefined,
    port: OwnDevicePort,
  ) => Uint8Array | undefined;

  constructor(fault: FaultyPort["fault"], flavour: FlavourName = "qemu") {
    super(deviceFlavour(flavour), GEOMETRY);
    this.#fault = fault;
  }

  get fault() {
    return this.#fault;
  }

  override handle(request: Uint8Array, writableSize: number): Uint8Array | undefined {
    const wire = decodeWireRequest(request);
    if (wire === undefined) return super.handle(request, writableSize);
    const answer = (changed: WireRequest) => super.handle(encodeRequest(changed), writableSize);
    return this.#fault(wire, answer, this);
  }
}

const qemu = await textOf("qemu");

const ERROR = encodeResponse({ type: "ERROR" });
const ACK = encodeResponse({ type: "ACK" });
const NACK = encodeResponse({ type: "NACK" });

const inUsable = (
  { addr, nbBlocks }: WireRequest,
  { device }: OwnDevicePort,
  slack: number,
): boolean =>
  Number(addr) + nbBlocks * BLOCK <= device.addr + device.usableRegionSize + slack * BLOCK;

const FAULTS: Record<string, { fault: FaultyPort["fault"]; rule: RegExp }> = {
  "refuses the last usable block": {
    fault: (request, answer, port) =>
      request.type === PLUG && !inUsable(request, port, -1) ? ERROR : answer(request),
    rule: /passes all checks/,
  },
  "plugs one block past the usable region": {
    fault: (request, answer, port) =>
      request.type === PLUG && inUsable(request, port, 1) && !inUsable(request, port, 0)
        ? ACK
        : answer(request),
    rule: /must end by usable_region_size/,
  },
  "takes a range below the region": {
    fault: (request, answer, port) =>
      request.type === STATE && request.addr < port.device.addr ? ACK : answer(request),
    rule: /must not be below the region/,
  },
  "does not see the wrap-around": {
    fault: (request, answer) => (request.addr > 2n ** 63n ? ACK : answer(request)),
    rule: /must not wrap around|below the region/,
  },
  "takes 0 blocks": {
    fault: (request, answer) =>
      request.nbBlocks === 0 && request.type !== UNPLUG_ALL ? ACK : answer(request),
    rule: /nb_blocks must not be 0/,
  },
  "takes misaligned ranges": {
    fault: (request, answer) =>
      answer({ ...request, addr: request.addr - (request.addr % BigInt(BLOCK)) }),
    rule: /multiple of block_size/,
  },
  "counts blocks in 15 bits": {
    fault: (request, answer) => answer({ ...request, nbBlocks: request.nbBlocks % 2 ** 15 }),
    rule: /nb_blocks|passes all checks|PLUGGED|usable/,
  },
  "refuses the block that reaches the requested size": {
    fault: (request, answer, { device }) =>
      request.type === PLUG && device.pluggedSize + request.nbBlocks * BLOCK >= device.requestedSize
        ? NACK
        : answer(request),
    rule: /passes all checks|more than requested_size|valid|must/,
  },
  "looks at the size before the range": {
    fault: (request, answer, { device }) =>
      request.type === PLUG && device.pluggedSize + request.nbBlocks * BLOCK > device.requestedSize
        ? NACK
        : answer(request),
    rule: /must/,
  },
  "compares UNPLUG with the requested size": {
    fault: (request, answer, { device }) =>
      request.type === UNPLUG && device.pluggedSize <= device.requestedSize
        ? ERROR
        : answer(request),
    rule: /passes all checks/,
  },
  "unplugs what is plugged of a mixed range": {
    fault: (request, answer, { device }) => {
      const first = (Number(request.addr) - device.addr) / BLOCK;
      if (request.type !== UNPLUG || !Number.isSafeInteger(first) || first < 0) {
        return answer(request);
      }
      const plugged = Array.from({ length: request.nbBlocks }, (_, at) => first + at).filter(
        (block) => device.isAll(block, 1, true),
      );
      if (plugged.length === 0 || plugged.length === request.nbBlocks) return answer(request);
      for (const block of plugged) {
        answer({ ...request, addr: BigInt(device.addr + block * BLOCK), nbBlocks: 1 });
      }
      return ACK;
    },
    rule: /must be plugged/,
  },
  "answers MIXED for UNPLUGGED": {
    fault: (request, answer) => {
      const bytes = answer(request);
      if (request.type === STATE && bytes?.[8] === 1) bytes[8] = 2;
      return bytes;
    },
    rule: /PLUGGED or UNPLUGGED/,
  },
  "gives answers of 12 bytes": {
    fault: (request, answer) => {
      const bytes = answer(request);
      return bytes === undefined ? bytes : Uint8Array.of(...bytes, 0xff, 0xff);
    },
    rule: /./,
  },
};

describe.each(Object.entries(FAULTS))("a device that %s", (_, { fault, rule }) => {
  test("is found, with the rule and its source", async () => {
    const found = await differing(qemu, new FaultyPort(fault));
    expect(found.length).toBeGreaterThan(0);
    const reasons = found.map(({ difference }) => difference?.reason);
    expect(reasons.some((reason) => rule.test(reason?.rule ?? ""))).toBe(true);
    for (const reason of reasons) {
      expect(reason?.source).toMatch(/^VIRTIO 1\.3, [\d.]+.*; QEMU hw\/virtio\/virtio-mem\.c, /);
    }
  });
});

describe("a device whose config", () => {
  const configs: Record<string, (config: DataView, port: OwnDevicePort) => void> = {
    "has the plugged size in blocks": (config, { device }) => {
      config.setBigUint64(40, BigInt(device.pluggedSize / BLOCK), true);
    },
    "has usable and plugged size exchanged": (config, { device }) => {
      config.setBigUint64(32, BigInt(device.pluggedSize), true);
      config.setBigUint64(40, BigInt(device.usableRegionSize), true);
    },
    "has a usable region that ends with the requested size": (config, { device }) => {
      config.setBigUint64(32, BigInt(device.requestedSize), true);
    },
    "is big endian": (config) => {
      config.setBigUint64(48, config.getBigUint64(48, true), false);
    },
    "has the older layout of the block size": (config) => {
      config.setUint16(8, 1, true);
    },
  };

  test.each(Object.keys(configs))("%s is found", async (name) => {
    class Port extends OwnDevicePort {
      override readConfig(offset: number, size: number): Uint8Array {
        const config = super.readConfig(0, 56);
        configs[name]?.(new DataView(config.buffer), this);
        if (offset + size > 56) return super.readConfig(offset, size);
        return config.slice(offset, offset + size);
      }
    }
    const found = await differing(qemu, new Port(deviceFlavour("qemu"), GEOMETRY));
    expect(found.length).toBeGreaterThan(0);
    expect(found[0]?.difference?.reason?.source).toMatch(/VIRTIO 1\.3, 5\.15/);
  });
});

describe("a device that loses something", () => {
  test("at its driver's reset: Firecracker's and everybody's keep what is plugged", async () => {
    class Forgetful extends OwnDevicePort {
      override deviceReset(): void {
        this.device.handle({ type: "UNPLUG_ALL" });
        super.deviceReset();
      }
    }
    for (const flavour of ["qemu", "firecracker"] as const) {
      const port = new Forgetful(deviceFlavour(flavour), GEOMETRY);
      const names = (await differing(await textOf(flavour), port)).map(({ name }) => name);
      expect(names).toContain("26-device-reset-keeps-what-is-plugged");
    }
  });

  test("in a snapshot", async () => {
    class Forgetful extends OwnDevicePort {
      override restore(state: Uint8Array): boolean {
        const isTaken = super.restore(state);
        this.device.handle({ type: "UNPLUG", addr: this.device.addr, nbBlocks: 1 });
        return isTaken;
      }
    }
    const found = await differing(qemu, new Forgetful(deviceFlavour("qemu"), GEOMETRY));
    expect(found.map(({ name }) => name)).toEqual(["30-snapshot"]);
    expect(found[0]?.difference).toMatchObject({
      field: "cfg",
      reason: { rule: "device blocks and sizes are those that were saved" },
    });
  });
});

describe("cloud-hypervisor before and after v52", () => {
  const played = async (played: FlavourName, expected: FlavourName): Promise<string[]> => {
    const port = new OwnDevicePort(deviceFlavour(played), GEOMETRY);
    const found = await differing(await textOf(expected), port);
    return found.map(({ name }) => name).filter((name) => !name.startsWith("random"));
  };

  test("differ in what cannot be read and in UNPLUG_ALL of more than 65535 blocks", async () => {
    const names = await played("cloud-hypervisor-v51", "cloud-hypervisor");
    expect(names).toEqual([
      "10-padding-is-ignored",
      "13-unknown-type-4",
      "13-unknown-type-65535",
      "13-23-bytes",
      "13-no-bytes",
      "13-9-bytes-of-room",
      "16-unplug-all-of-131072-blocks",
      "27-longer-than-a-request",
      "28-unknown-type-4-goes-on",
      "28-unknown-type-5-goes-on",
      "28-unknown-type-255-goes-on",
      "28-unknown-type-256-goes-on",
      "28-unknown-type-32768-goes-on",
      "29-descriptors-8-and-16",
      "29-descriptors-24-times-1",
      "29-descriptors-24-and-8",
      "29-descriptors-0-and-24",
      "29-descriptors-8-and-15",
      "29-descriptors-none",
    ]);
    expect(await played("cloud-hypervisor", "cloud-hypervisor-v51")).toEqual(names);
  });
});

describe("a device that fails after n requests", () => {
  test.each([1, 7, 100])("n = %i: results so far stay, the next case has a new one", async (n) => {
    let asked = 0;
    let restarts = 0;
    const port = new FaultyPort((request, answer) => {
      if (++asked === n) throw new DeviceFailure("its end, by signal SIGSEGV");
      return answer(request);
    });
    const found = await differing(qemu, port, {
      restart: () => {
        restarts++;
        return Promise.resolve();
      },
    });
    expect(found).toHaveLength(1);
    expect(found[0]?.difference?.got).toBe("its end, by signal SIGSEGV");
    expect(found[0]?.difference?.reason?.rule).toMatch(/./);
    expect(restarts).toBe(1);
  });
});

test("a vector file that expects something else than its flavour answers gives no reason", async () => {
  const lines = qemu.split("\n");
  const at = lines.findIndex((line) => line.includes('"resp":"NACK"'));
  lines[at] = (lines[at] ?? "").replace('"NACK"', '"ERROR"');
  const found = await differing(
    lines.join("\n"),
    new OwnDevicePort(deviceFlavour("qemu"), GEOMETRY),
  );
  expect(found).toHaveLength(1);
  expect(found[0]?.difference).toMatchObject({ expected: "ERROR", got: "NACK" });
  expect(found[0]?.difference?.reason).toBeUndefined();
});
