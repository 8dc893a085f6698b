// Lets the conformance kit drive a virtio-mem device: frames in, frames out (docs/conformance.md).
//
//   serve(device)                        over standard input and output
//   serveSocket(device, "/tmp/x.sock")   over a Unix socket

import { Buffer } from "node:buffer";
import { createServer } from "node:net";
import process from "node:process";

/** Answers the frames that `reader` brings until it ends. */
export async function serve(device, reader = process.stdin, writer = process.stdout) {
  let bytes = Buffer.alloc(0);
  for await (const chunk of reader) {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= 5 && bytes.length >= 5 + bytes.readUInt32LE(1)) {
      const end = 5 + bytes.readUInt32LE(1);
      const { status, answer = Buffer.alloc(0) } = answerOf(
        device,
        bytes[0],
        bytes.subarray(5, end),
      );
      const head = Buffer.alloc(5);
      head[0] = status;
      head.writeUInt32LE(answer.length, 1);
      writer.write(Buffer.concat([head, answer]));
      bytes = bytes.subarray(end);
    }
  }
}

export function serveSocket(device, path) {
  const server = createServer((stream) => {
    server.close(); // one client, as over standard input
    void serve(device, stream, stream);
  });
  server.listen(path);
}

const DONE = { status: 0 };
const REFUSED = { status: 1 };
const UNABLE = { status: 2 };

function answerOf(device, op, payload) {
  switch (op) {
    case 1:
    case 11: {
      const bytes = payload.subarray(4);
      const readable = op === 1 ? [bytes] : descriptors(bytes);
      const answer = device.handle(readable, payload.readUInt32LE(0));
      return answer === undefined ? REFUSED : { status: 0, answer };
    }
    case 2:
      return {
        status: 0,
        answer: device.readConfig(payload.readUInt32LE(0), payload.readUInt32LE(4)),
      };
    case 3:
      device.writeConfig(payload.readUInt32LE(0), payload.subarray(4));
      return DONE;
    case 4:
      return device.setRequestedSize(payload.readBigUInt64LE(0)) ? DONE : REFUSED;
    case 5:
      device.systemReset();
      return DONE;
    case 6:
      device.deviceReset();
      return DONE;
    case 7: {
      const [addr, regionSize, blockSize] = [0, 8, 16].map((at) => payload.readBigUInt64LE(at));
      return device.create(addr, regionSize, blockSize) ? DONE : REFUSED;
    }
    case 9:
      return device.snapshot === undefined ? UNABLE : { status: 0, answer: device.snapshot() };
    case 10:
      if (device.restore === undefined) return UNABLE;
      return device.restore(payload) ? DONE : REFUSED;
    default:
      return UNABLE;
  }
}

/** Readable descriptors, each with its length before it. */
function descriptors(bytes) {
  const parts = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + bytes.readUInt32LE(at);
    parts.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return parts;
}
