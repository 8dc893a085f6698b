import { CaptureError } from "../capture/capture-error.js";
import type { DumpedKernel } from "./dumped-kernel.js";

/** States of a record, the upper two bits of its descriptor: 1 and 2 have a text. */
const STATE_SHIFT = 62n;
const COMMITTED = 1n;
const FINALIZED = 2n;
const ID = (1n << STATE_SHIFT) - 1n;

const MAX_RING = 2 ** 28;
const MAX_COUNT_BITS = 20;
const LONG = 8;

/**
 * The lines of the kernel log that speak of virtio-mem, as `dmesg` prints them, from the ring of
 * records that printk has had since 5.10.
 *
 * @throws CaptureError if the ring is none.
 */
export async function driverLog(kernel: DumpedKernel): Promise<string> {
  const { info, reader } = kernel;
  const ringAt = info.symbol("prb");
  if (ringAt === undefined) {
    throw new CaptureError(kernel.name, "SYMBOL(prb)", "must be in VMCOREINFO, got none");
  }
  const ring = await reader.u64(ringAt);
  const descs = ring + BigInt(info.offset("printk_ringbuffer.desc_ring"));
  const texts = ring + BigInt(info.offset("printk_ringbuffer.text_data_ring"));
  const countBits = await reader.u32(descs + BigInt(info.offset("prb_desc_ring.count_bits")));
  const sizeBits = await reader.u32(texts + BigInt(info.offset("prb_data_ring.size_bits")));
  if (countBits > MAX_COUNT_BITS || 2 ** sizeBits > MAX_RING) {
    const found = `2^${countBits} records, 2^${sizeBits} bytes`;
    throw new CaptureError(kernel.name, "kernel log", `must be a ring of records, got ${found}`);
  }
  const count = 2 ** countBits;
  const [descSize, infoSize] = [info.size("prb_desc"), info.size("printk_info")];
  const pointer = (member: string) => reader.u64(descs + BigInt(info.offset(member)));
  const desc = await reader.view(await pointer("prb_desc_ring.descs"), count * descSize);
  const records = await reader.view(await pointer("prb_desc_ring.infos"), count * infoSize);
  const data = await reader.memory.read(
    await reader.u64(texts + BigInt(info.offset("prb_data_ring.data"))),
    2 ** sizeBits,
  );
  const state = info.offset("prb_desc.state_var");
  const lpos = info.offset("prb_desc.text_blk_lpos");
  const begin = lpos + info.offset("prb_data_blk_lpos.begin");
  const next = lpos + info.offset("prb_data_blk_lpos.next");
  const lines: string[] = [];
  let id = await pointer("prb_desc_ring.tail_id");
  const head = await pointer("prb_desc_ring.head_id");
  for (let step = 0; step < count; step++, id = (id + 1n) & ID) {
    const index = Number(id % BigInt(count));
    const word = desc.getBigUint64(index * descSize + state, true);
    const kind = word >> STATE_SHIFT;
    if ((word & ID) === id && (kind === COMMITTED || kind === FINALIZED)) {
      const from = desc.getBigUint64(index * descSize + begin, true);
      const to = desc.getBigUint64(index * descSize + next, true);
      const length = records.getUint16(
        index * infoSize + info.offset("printk_info.text_len"),
        true,
      );
      const text = recordText(data, from, to, length);
      const time = records.getBigUint64(
        index * infoSize + info.offset("printk_info.ts_nsec"),
        true,
      );
      if (text.includes("virtio_mem ")) lines.push(...stamped(text, time));
    }
    if (id === head) break;
  }
  return lines.map((line) => `${line}\n`).join("");
}

/** A record's text lies behind its number; one that would pass the end lies at the beginning. */
function recordText(data: Uint8Array, from: bigint, to: bigint, length: number): string {
  // positions that are odd say that there is no text
  if ((from & 1n) === 1n || from === to) return "";
  const size = BigInt(data.length);
  const wraps = from / size !== to / size && to % size !== 0n;
  const start = (wraps ? 0 : Number(from % size)) + LONG;
  return new TextDecoder().decode(data.subarray(start, start + length));
}

function stamped(text: string, time: bigint): string[] {
  const seconds = String(time / 1_000_000_000n).padStart(5);
  const micros = String((time % 1_000_000_000n) / 1000n).padStart(6, "0");
  return text
    .split("\n")
    .filter((line) => line.includes("virtio_mem "))
    .map((line) => `[${seconds}.${micros}] ${line}`);
}
