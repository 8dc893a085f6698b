"""Lets the conformance kit drive a virtio-mem device: frames in, frames out (docs/conformance.md).

    serve(device)                        over standard input and output
    serve_socket(device, "/tmp/x.sock")  over a Unix socket
"""

import socket
import struct
import sys


def serve(device, reader=sys.stdin.buffer, writer=sys.stdout.buffer):
    while head := reader.read(5):
        op, length = struct.unpack("<BI", head)
        payload = reader.read(length)
        status, answer = 0, b""
        if op in (1, 11):
            readable = [payload[4:]] if op == 1 else descriptors(payload[4:])
            answer = device.handle(readable, struct.unpack_from("<I", payload)[0])
            if answer is None:
                status, answer = 1, b""
        elif op == 2:
            offset, size = struct.unpack("<II", payload)
            answer = device.read_config(offset, size)
        elif op == 3:
            device.write_config(struct.unpack_from("<I", payload)[0], payload[4:])
        elif op == 4:
            status = 0 if device.set_requested_size(struct.unpack("<Q", payload)[0]) else 1
        elif op == 5:
            device.system_reset()
        elif op == 6:
            device.device_reset()
        elif op == 7:
            status = 0 if device.create(*struct.unpack("<QQQ", payload)) else 1
        elif op == 9 and hasattr(device, "snapshot"):
            answer = device.snapshot()
        elif op == 10 and hasattr(device, "restore"):
            status = 0 if device.restore(payload) else 1
        else:
            status = 2
        writer.write(struct.pack("<BI", status, len(answer)) + answer)
        writer.flush()


def descriptors(payload):
    """Readable descriptors, each with its length before it."""
    parts, at = [], 0
    while at < len(payload):
        end = at + 4 + struct.unpack_from("<I", payload, at)[0]
        parts.append(payload[at + 4 : end])
        at = end
    return parts


def serve_socket(device, path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        with listener.accept()[0].makefile("rwb") as stream:
            serve(device, stream, stream)
