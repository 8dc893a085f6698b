import type { VirtioMemDevice } from "../virtio-mem/device/device.js";
import type { FlavourName, MalformedRule, PlugCheck } from "../virtio-mem/device/flavour.js";
import type { Request } from "../virtio-mem/protocol.js";
import {
  decodeWireRequest,
  joinRequest,
  REQUEST_SIZE,
  RESPONSE_SIZE,
  toRequest,
} from "../virtio-mem/wire.js";
import { formatSize } from "../units.js";
import type { Answered, Step } from "./request-line.js";

/** Why a device has to answer as it has to. */
export interface Reason {
  /** The rule, with the figures of this request. */
  readonly rule: string;
  /** Where it stands: sections of VIRTIO 1.3, and the function of the flavour's source. */
  readonly source: string;
}

/** What a rule is about. */
type Topic =
  | "plug"
  | "unplug"
  | "unplug-all"
  | "state"
  | "range"
  | "queue"
  | "config"
  | "requested-size"
  | "usable-region"
  | "device-reset"
  | "system-reset"
  | "migration"
  | "snapshot";

const SECTIONS: Readonly<Record<Topic, string>> = {
  plug: "5.15.6.3",
  unplug: "5.15.6.4",
  "unplug-all": "5.15.6.5",
  state: "5.15.6.6",
  range: "5.15.6.3 to 5.15.6.6",
  queue: "2.7.4 and 5.15.6",
  config: "5.15.4",
  "requested-size": "5.15.4.2",
  "usable-region": "5.15.4.2",
  "device-reset": "5.15.5.2",
  "system-reset": "5.15.6.2",
  migration: "5.15.6.2",
  snapshot: "5.15.6.2",
};

/** Functions that do it; what a source has no function of its own for is left out. */
type Functions = Readonly<Partial<Record<Topic, string>>> & { readonly file: string };

const QEMU: Functions = {
  file: "QEMU hw/virtio/virtio-mem.c",
  plug: "virtio_mem_state_change_request()",
  unplug: "virtio_mem_state_change_request()",
  "unplug-all": "virtio_mem_unplug_all()",
  state: "virtio_mem_state_request()",
  range: "virtio_mem_valid_range()",
  queue: "virtio_mem_handle_request()",
  config: "virtio_mem_get_config()",
  "requested-size": "virtio_mem_set_requested_size()",
  "usable-region": "virtio_mem_resize_usable_region()",
  "system-reset": "virtio_mem_unplug_all()",
  migration: "virtio_mem_is_busy()",
};

const CLOUD_HYPERVISOR: Functions = {
  file: "cloud-hypervisor virtio-devices/src/mem.rs",
  plug: "MemEpollHandler::state_change_request()",
  unplug: "MemEpollHandler::state_change_request()",
  "unplug-all": "MemEpollHandler::unplug_all()",
  state: "MemEpollHandler::state_request()",
  range: "VirtioMemConfig::is_valid_range()",
  queue: "MemEpollHandler::process_queue()",
  config: "Mem::read_config()",
  "requested-size": "VirtioMemConfig::resize()",
  "device-reset": "Mem::reset()",
  snapshot: "Mem::snapshot()",
};

const FIRECRACKER: Functions = {
  file: "Firecracker src/vmm/src/devices/virtio/mem/device.rs",
  plug: "VirtioMem::process_plug_request()",
  unplug: "VirtioMem::process_unplug_request()",
  "unplug-all": "VirtioMem::handle_unplug_all_request()",
  state: "VirtioMem::handle_state_request()",
  range: "VirtioMem::validate_range()",
  queue: "VirtioMem::parse_request()",
  config: "VirtioMem::config_as_bytes()",
  "requested-size": "VirtioMem::update_requested_size()",
  "usable-region": "VirtioMem::update_requested_size()",
  "device-reset": "VirtioMem::_reset()",
  snapshot: "VirtioMem::save() in persist.rs",
};

const FUNCTIONS: Readonly<Record<FlavourName, Functions | undefined>> = {
  spec: undefined,
  qemu: QEMU,
  "qemu-arm": QEMU,
  "cloud-hypervisor": CLOUD_HYPERVISOR,
  "cloud-hypervisor-v51": CLOUD_HYPERVISOR,
  firecracker: FIRECRACKER,
};

function because(device: VirtioMemDevice, topic: Topic, rule: string): Reason {
  const functions = FUNCTIONS[device.flavour.name];
  const name = functions?.[topic];
  const section = `VIRTIO 1.3, ${SECTIONS[topic]}`;
  const source = name === undefined ? section : `${section}; ${functions?.file ?? ""}, ${name}`;
  return { rule, source };
}

/**
 * Why a device in the state that it is in before a step has to answer it as it does; undefined for
 * steps that have no answer.
 */
export function answerReason(step: Step, device: VirtioMemDevice): Reason | undefined {
  switch (step.kind) {
    case "request": {
      const { code, offset, nbBlocks } = step;
      const addr = BigInt.asUintN(64, BigInt(device.addr) + offset);
      return reasonForRequest(device, toRequest({ type: code, addr, nbBlocks }), code);
    }
    case "bytes":
      return reasonForBytes(device, step.bytes, step.writableSize);
    case "chain": {
      const bytes = joinRequest(step.readable, device.flavour.malformed.maySplit);
      if (bytes !== undefined) return reasonForBytes(device, bytes, step.writableSize);
      const what = `a chain of ${step.readable.length} readable descriptors`;
      return malformed(device, device.flavour.malformed.tooShort, what);
    }
    case "requested-size": {
      const other = device.flavour.target.mayStay ? "" : " and not what is requested already";
      const most = formatSize(device.regionSize);
      const rule = `a multiple of block_size, at most ${most}${other} is taken`;
      return because(device, "requested-size", rule);
    }
    case "restore":
      return because(device, "snapshot", "a device takes the state that one of its kind has saved");
    case "config":
      return because(device, "config", "56 bytes; a read beyond them gives all ones");
    default:
      return undefined;
  }
}

function reasonForBytes(device: VirtioMemDevice, bytes: Uint8Array, writable: number): Reason {
  const { tooShort, tooLong } = device.flavour.malformed;
  const wire = decodeWireRequest(bytes);
  if (wire === undefined) {
    return malformed(device, tooShort, `${bytes.length} bytes, of which a request has 24`);
  }
  if (writable < RESPONSE_SIZE) {
    return malformed(device, tooShort, `room for ${writable} bytes, of which a response needs 10`);
  }
  if (tooLong !== undefined && bytes.length > REQUEST_SIZE) {
    return malformed(device, tooLong, `${bytes.length} bytes in one descriptor, more than 24`);
  }
  return reasonForRequest(device, toRequest(wire), wire.type);
}

function reasonForRequest(
  device: VirtioMemDevice,
  request: Request | undefined,
  code: number,
): Reason {
  if (device.health !== "working") {
    return because(device, "queue", "nothing is answered until the driver has reset the device");
  }
  if (request === undefined) {
    return malformed(device, device.flavour.malformed.unknownType, `unknown request type ${code}`);
  }
  if (request.type === "UNPLUG_ALL") {
    return because(
      device,
      "unplug-all",
      device.migrating && device.flavour.busyWhileMigrating
        ? "BUSY while the guest migrates, unless nothing is plugged"
        : "everything is unplugged; fields after the type are ignored",
    );
  }
  const topic = request.type === "PLUG" ? "plug" : request.type === "UNPLUG" ? "unplug" : "state";
  const check = device.failedCheck(request);
  if (check === "range") return because(device, "range", rangeRule(device, request));
  if (check === "busy") {
    return because(device, "migration", "BUSY while the guest migrates, after all other checks");
  }
  if (check !== undefined) return because(device, topic, checkRule(device, request, check));
  return because(
    device,
    topic,
    request.type === "STATE"
      ? "PLUGGED or UNPLUGGED where all device blocks are, else MIXED"
      : `the request passes all checks, in the order ${orderOf(device, request.type)}`,
  );
}

function orderOf(device: VirtioMemDevice, type: "PLUG" | "UNPLUG"): string {
  const words: Readonly<Record<PlugCheck, string>> = {
    range: "valid range",
    size: "not above requested_size",
    state: type === "PLUG" ? "all unplugged" : "all plugged",
    busy: "no migration",
  };
  const checks: readonly PlugCheck[] =
    type === "PLUG" ? device.flavour.plugChecks : ["range", "state", "busy"];
  return checks.map((check) => words[check]).join(", ");
}

function checkRule(
  device: VirtioMemDevice,
  request: Exclude<Request, { type: "UNPLUG_ALL" }>,
  check: PlugCheck,
): string {
  const order = orderOf(device, request.type === "PLUG" ? "PLUG" : "UNPLUG");
  if (check === "state") {
    const state = request.type === "PLUG" ? "unplugged" : "plugged";
    return `all device blocks of the range must be ${state} (order of checks: ${order})`;
  }
  const size = formatSize(request.nbBlocks * device.blockSize);
  return (
    `plugged_size ${formatSize(device.pluggedSize)} and ${size} are more than requested_size ` +
    `${formatSize(device.requestedSize)} (order of checks: ${order})`
  );
}

function rangeRule(
  { addr: start, blockSize, usableRegionSize }: VirtioMemDevice,
  { addr, nbBlocks }: Exclude<Request, { type: "UNPLUG_ALL" }>,
): string {
  const first = BigInt(addr);
  const end = first + BigInt(nbBlocks) * BigInt(blockSize);
  const usableEnd = BigInt(start) + BigInt(usableRegionSize);
  if (nbBlocks === 0) return "nb_blocks must not be 0";
  if (first % BigInt(blockSize) !== 0n) return "addr must be a multiple of block_size";
  if (first < BigInt(start)) return "addr must not be below the region";
  if (end >= 2n ** 64n) return "the range must not wrap around at 2^64";
  if (end > usableEnd) {
    return `the range must end by usable_region_size, ${formatSize(usableRegionSize)} into the region`;
  }
  return "the range must lie in the usable region";
}

const MALFORMED_WORDS: Readonly<Record<MalformedRule, string>> = {
  "needs-reset": "no answer, and the device needs a reset",
  stop: "no answer, to this and to later requests, until a reset",
  drop: "no answer to this one; the next one is answered",
  "empty-answer": "the chain goes back with used length 0",
  error: "ERROR",
};

function malformed(device: VirtioMemDevice, rule: MalformedRule, what: string): Reason {
  const words = device.health === "working" ? MALFORMED_WORDS[rule] : "no answer before a reset";
  return because(device, "queue", `${what}: ${words}`);
}

/** Why the sizes in the config space are what they are after a step that was answered so. */
export function configReason(step: Step, device: VirtioMemDevice, answered: Answered): Reason {
  switch (step.kind) {
    case "requested-size":
      return answered.result === "OK"
        ? because(device, "usable-region", `usable_region_size: ${usableRule(device)}`)
        : because(device, "requested-size", "what is refused changes nothing");
    case "device_reset":
      return because(device, "device-reset", "changes neither device blocks nor sizes");
    case "system_reset":
      return because(
        device,
        "system-reset",
        `unplugs everything, unless the device is busy; then usable_region_size: ${usableRule(device)}`,
      );
    case "restore":
      return because(device, "snapshot", "device blocks and sizes are those that were saved");
    case "request":
    case "bytes":
    case "chain":
      return reasonForSizes(device, answered);
    default:
      return because(device, "config", "changes neither device blocks nor sizes");
  }
}

function reasonForSizes(device: VirtioMemDevice, { resp, state }: Answered): Reason {
  if (resp !== "ACK") {
    return because(device, "range", "a request that is not acknowledged changes nothing");
  }
  if (state !== undefined) return because(device, "state", "STATE changes nothing");
  return because(
    device,
    "config",
    "plugged_size is block_size times the number of plugged device blocks; usable_region_size " +
      "changes in UNPLUG_ALL only",
  );
}

function usableRule(device: VirtioMemDevice): string {
  const rule = device.flavour.usableRegion;
  switch (rule.kind) {
    case "region":
      return "all of the region, always";
    case "extent":
      return (
        `0 while nothing is requested, else requested_size and ${formatSize(rule.extentSize)} more, ` +
        "rounded up to block_size, at most the region; it shrinks in UNPLUG_ALL and system reset only"
      );
    case "slots":
      return `grows to whole slots of ${formatSize(rule.slotSize)}`;
  }
}
