"""A virtio-mem device in a page of Python, to try the conformance kit on and to start from.

    virtio-mem vectors --against "python3 toy_device.py"

It answers as QEMU does on x86, but knows no migration. With --defect it takes one block more than
was asked for; with --socket PATH it waits for the kit on a Unix socket.
"""

import struct
import sys

sys.dont_write_bytecode = True  # leave no __pycache__ beside the adapter
from adapter import serve, serve_socket  # noqa: E402

MIB = 1 << 20
PLUG, UNPLUG, UNPLUG_ALL, STATE = range(4)
ACK, NACK, BUSY, ERROR = range(4)
PLUGGED, UNPLUGGED, MIXED = range(3)


class ToyDevice:
    def __init__(self, defect=False):
        self.defect = defect
        self.create(1 << 32, 1 << 30, 2 * MIB)

    def create(self, addr, region_size, block_size):
        if block_size < MIB or block_size & (block_size - 1):
            return False
        if addr % block_size or region_size % block_size:
            return False
        self.addr, self.region_size, self.block_size = addr, region_size, block_size
        self.plugged = set()
        self.requested_size = self.usable_size = 0
        self.needs_reset = False
        return True

    def handle(self, readable, writable):
        request = b"".join(readable)
        if self.needs_reset:
            return None
        if len(request) < 24 or writable < 10:
            self.needs_reset = True
            return None
        kind, addr, count = struct.unpack_from("<H6xQH", request)
        if kind > STATE:
            self.needs_reset = True
            return None
        if kind == UNPLUG_ALL:
            self.unplug_all()
            return self.answer(ACK)
        size = count * self.block_size
        end = self.addr + self.usable_size
        if count == 0 or addr % self.block_size or addr < self.addr or addr + size > end:
            return self.answer(ERROR)
        first = (addr - self.addr) // self.block_size
        blocks = set(range(first, first + count))
        if kind == STATE:
            inside = len(blocks & self.plugged)
            return self.answer(ACK, PLUGGED if inside == count else MIXED if inside else UNPLUGGED)
        if kind == UNPLUG:
            if not blocks <= self.plugged:
                return self.answer(ERROR)
            self.plugged -= blocks
            return self.answer(ACK)
        allowed = self.requested_size + (self.block_size if self.defect else 0)
        if self.plugged_size() + size > allowed:
            return self.answer(NACK)
        if blocks & self.plugged:
            return self.answer(ERROR)
        self.plugged |= blocks
        return self.answer(ACK)

    def answer(self, kind, state=0):
        return struct.pack("<H6xH", kind, state)

    def plugged_size(self):
        return len(self.plugged) * self.block_size

    def usable_for(self, size):
        return min(self.region_size, size + max(256 * MIB, self.block_size)) if size else 0

    def set_requested_size(self, size):
        if size % self.block_size or size > self.region_size:
            return False
        self.usable_size = max(self.usable_size, self.usable_for(size))
        self.requested_size = size
        return True

    def unplug_all(self):
        self.plugged.clear()
        self.usable_size = self.usable_for(self.requested_size)

    def system_reset(self):
        self.unplug_all()
        self.needs_reset = False

    def device_reset(self):
        self.needs_reset = False

    def read_config(self, offset, size):
        fields = (self.block_size, 0, self.addr, self.region_size, self.usable_size)
        config = struct.pack("<QH6xQQQQQ", *fields, self.plugged_size(), self.requested_size)
        if offset + size > len(config):
            return b"\xff" * size
        return config[offset : offset + size]

    def write_config(self, offset, data):
        pass  # a driver may try; nothing happens

    def snapshot(self):
        sizes = struct.pack("<QQ", self.usable_size, self.requested_size)
        return sizes + struct.pack(f"<{len(self.plugged)}I", *sorted(self.plugged))

    def restore(self, state):
        self.usable_size, self.requested_size = struct.unpack_from("<QQ", state)
        self.plugged = {block for block, in struct.iter_unpack("<I", state[16:])}
        self.needs_reset = False
        return True


if __name__ == "__main__":
    device = ToyDevice(defect="--defect" in sys.argv)
    if "--socket" in sys.argv:
        serve_socket(device, sys.argv[sys.argv.index("--socket") + 1])
    else:
        serve(device)
