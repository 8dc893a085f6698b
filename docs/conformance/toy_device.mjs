// A virtio-mem device in a page of JavaScript, to try the conformance kit on and to start from; it
// needs Node and nothing else.
//
//   virtio-mem vectors --against "node toy_device.mjs"
//
// It answers as QEMU does on x86, but knows no migration. With --defect it takes one block more than
// was asked for; with --socket PATH it waits for the kit on a Unix socket.

import { Buffer } from "node:buffer";
import process from "node:process";

import { serve, serveSocket } from "./adapter.mjs";

const MIB = 1n << 20n;
const [UNPLUG, UNPLUG_ALL, STATE] = [1, 2, 3];
const [ACK, NACK, ERROR] = [0, 1, 3];
const [PLUGGED, UNPLUGGED, MIXED] = [0, 1, 2];

class ToyDevice {
  constructor({ defect }) {
    this.defect = defect;
    this.create(1n << 32n, 1n << 30n, 2n * MIB);
  }

  create(addr, regionSize, blockSize) {
    if (blockSize < MIB || (blockSize & (blockSize - 1n)) !== 0n) return false;
    if (addr % blockSize !== 0n || regionSize % blockSize !== 0n) return false;
    Object.assign(this, { addr, regionSize, blockSize });
    this.plugged = new Set();
    this.requestedSize = this.usableSize = 0n;
    this.needsReset = false;
    return true;
  }

  handle(readable, writable) {
    if (this.needsReset) return undefined;
    const request = Buffer.concat(readable);
    const kind = request.length < 24 || writable < 10 ? Infinity : request.readUInt16LE(0);
    if (kind > STATE) {
      this.needsReset = true;
      return undefined;
    }
    if (kind === UNPLUG_ALL) {
      this.unplugAll();
      return answer(ACK);
    }
    const addr = request.readBigUInt64LE(8);
    const count = request.readUInt16LE(16);
    const size = BigInt(count) * this.blockSize;
    const isUsable = addr >= this.addr && addr + size <= this.addr + this.usableSize;
    if (count === 0 || addr % this.blockSize !== 0n || !isUsable) return answer(ERROR);
    const first = Number((addr - this.addr) / this.blockSize);
    const blocks = Array.from({ length: count }, (_, at) => first + at);
    const inside = blocks.filter((block) => this.plugged.has(block)).length;
    if (kind === STATE) {
      return answer(ACK, inside === count ? PLUGGED : inside > 0 ? MIXED : UNPLUGGED);
    }
    if (kind === UNPLUG) {
      if (inside < count) return answer(ERROR);
      for (const block of blocks) this.plugged.delete(block);
      return answer(ACK);
    }
    const allowed = this.requestedSize + (this.defect ? this.blockSize : 0n);
    if (this.pluggedSize() + size > allowed) return answer(NACK);
    if (inside > 0) return answer(ERROR);
    for (const block of blocks) this.plugged.add(block);
    return answer(ACK);
  }

  pluggedSize() {
    return BigInt(this.plugged.size) * this.blockSize;
  }

  usableFor(size) {
    if (size === 0n) return 0n;
    return least(
      this.regionSize,
      size + (this.blockSize > 256n * MIB ? this.blockSize : 256n * MIB),
    );
  }

  setRequestedSize(size) {
    if (size % this.blockSize !== 0n || size > this.regionSize) return false;
    const usable = this.usableFor(size);
    if (usable > this.usableSize) this.usableSize = usable;
    this.requestedSize = size;
    return true;
  }

  unplugAll() {
    this.plugged.clear();
    this.usableSize = this.usableFor(this.requestedSize);
  }

  systemReset() {
    this.unplugAll();
    this.needsReset = false;
  }

  deviceReset() {
    this.needsReset = false;
  }

  readConfig(offset, size) {
    const config = Buffer.alloc(56);
    config.writeBigUInt64LE(this.blockSize, 0);
    const { addr, regionSize, usableSize, requestedSize } = this;
    [addr, regionSize, usableSize, this.pluggedSize(), requestedSize].forEach((value, at) => {
      config.writeBigUInt64LE(value, 16 + 8 * at);
    });
    if (offset + size > config.length) return Buffer.alloc(size, 0xff);
    return config.subarray(offset, offset + size);
  }

  writeConfig() {
    // a driver may try; nothing happens
  }

  snapshot() {
    const { plugged, usableSize, requestedSize } = this;
    return Buffer.from([usableSize, requestedSize, ...plugged].join(" "));
  }

  restore(state) {
    const [usableSize, requestedSize, ...plugged] = state.toString().split(" ").map(BigInt);
    Object.assign(this, { usableSize, requestedSize, needsReset: false });
    this.plugged = new Set(plugged.map(Number));
    return true;
  }
}

function answer(kind, state = 0) {
  const bytes = Buffer.alloc(10);
  bytes.writeUInt16LE(kind, 0);
  bytes.writeUInt16LE(state, 8);
  return bytes;
}

function least(a, b) {
  return a < b ? a : b;
}

const device = new ToyDevice({ defect: process.argv.includes("--defect") });
const socket = process.argv.indexOf("--socket");
if (socket > 0) serveSocket(device, process.argv[socket + 1]);
else await serve(device);
