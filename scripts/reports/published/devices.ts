import { Guest } from "../../../src/guest/guest.js";
import { formatSize } from "../../../src/units.js";
import {
  defaultBlockSize,
  type HostPages,
} from "../../../src/virtio-mem/device/default-block-size.js";
import { deviceFlavour, FIRECRACKER_FLAVOUR } from "../../../src/virtio-mem/device/flavour.js";
import { VirtioMemDevice } from "../../../src/virtio-mem/device/device.js";
import { exact, type Row, type Section } from "./row.js";

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

/** Block sizes and usable regions of QEMU and cloud-hypervisor. */
export function deviceRules(): Section {
  return {
    title: "Block sizes and usable regions",
    text: [
      "QEMU's hw/virtio/virtio-mem.c and cloud-hypervisor's virtio-devices/src/mem.rs. The usable region",
      "extends two sections beyond the requested size: 2 x 128 MiB on x86 and s390x, 2 x 512 MiB on Arm.",
    ].join("\n"),
    rows: [
      block("x86-64", { architecture: "x86-64" }, "2 MiB"),
      block("x86-64, 1 GiB hugetlb", { architecture: "x86-64", backendPageSize: GiB }, "1 GiB"),
      block("arm64, 4 KiB pages", { architecture: "arm64" }, "2 MiB"),
      block("arm64, 16 KiB pages", { architecture: "arm64", basePageSize: 16 * KiB }, "32 MiB"),
      block("arm64, 64 KiB pages", { architecture: "arm64", basePageSize: 64 * KiB }, "512 MiB"),
      block("s390x", { architecture: "s390x" }, "1 MiB"),
      exact(
        "QEMU's smallest block",
        "1 MiB",
        formatSize(deviceFlavour("qemu").geometry.minimumBlockSize),
      ),
      usable("qemu", 0, "0 B"),
      usable("qemu", GiB, "1.25 GiB"),
      usable("qemu", 4 * GiB, "4 GiB"),
      usable("qemu-arm", GiB, "2 GiB"),
      usable("cloud-hypervisor", 0, "4 GiB"),
      exact(
        "cloud-hypervisor: block, step of the region",
        "2 MiB, 128 MiB",
        [
          deviceFlavour("cloud-hypervisor").geometry.maximumBlockSize,
          deviceFlavour("cloud-hypervisor").geometry.regionStep,
        ]
          .map(formatSize)
          .join(", "),
      ),
    ],
  };
}

function block(what: string, pages: HostPages, published: string): Row {
  return exact(`QEMU's default block: ${what}`, published, formatSize(defaultBlockSize(pages)));
}

function usable(
  flavour: "qemu" | "qemu-arm" | "cloud-hypervisor",
  requestedSize: number,
  published: string,
): Row {
  const device = new VirtioMemDevice({
    addr: 4 * GiB,
    regionSize: 4 * GiB,
    requestedSize,
    flavour,
  });
  const what = `${flavour}: usable of 4 GiB with ${formatSize(requestedSize)} requested`;
  return exact(what, published, formatSize(device.usableRegionSize));
}

/** Total, slot and block in MiB. */
const MATRIX: readonly (readonly [total: number, slot: number, block: number])[] = [
  [256, 128, 64],
  [256, 128, 128],
  [256, 256, 64],
  [256, 256, 256],
];

/**
 * Firecracker's functional tests: every size up and down, one block at a time, on an idle movable
 * guest.
 */
export async function firecrackerMatrix(): Promise<Section> {
  const rows: Row[] = [];
  for (const [total, slot, size] of MATRIX) {
    const blocks = Array.from({ length: total / size }, (_, at) => at + 1);
    const sizes = [...blocks, ...blocks.map((nr) => blocks.length - nr)].map(
      (nr) => nr * size * MiB,
    );
    rows.push(
      await steps(
        `total ${total}, slot ${slot}, block ${size} MiB`,
        total * MiB,
        slot * MiB,
        size * MiB,
        sizes,
      ),
    );
  }
  for (const gib of [1, 2, 4, 8, 16]) {
    const sizes = [gib * GiB, 0];
    rows.push(await steps(`${gib} GiB at once, block 2 MiB`, gib * GiB, 128 * MiB, 2 * MiB, sizes));
  }
  return {
    title: "Firecracker's matrix of blocks and slots",
    text: [
      "Firecracker's integration test functional/test_memory_hp.py: the guest always reaches the requested",
      "size, and no request fails.",
    ].join("\n"),
    rows,
  };
}

async function steps(
  what: string,
  regionSize: number,
  slotSize: number,
  blockSize: number,
  sizes: readonly number[],
): Promise<Row> {
  const flavour = { ...FIRECRACKER_FLAVOUR, usableRegion: { kind: "slots", slotSize } as const };
  const guest = await Guest.create({
    bootSize: GiB,
    online: { autoOnline: "online_movable" },
    regionSize,
    blockSize,
    flavour,
  });
  let reached = 0;
  for (const size of sizes) {
    guest.requestSize(size);
    if (guest.device.pluggedSize === size) reached++;
  }
  const failed = [...guest.log.of("request")].filter(({ response }) => response !== "ACK").length;
  return exact(
    what,
    `${sizes.length} of ${sizes.length} reached, 0 requests failed`,
    `${reached} of ${sizes.length} reached, ${failed} requests failed`,
  );
}
