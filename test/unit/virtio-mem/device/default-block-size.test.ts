import { expect, test } from "vitest";

import {
  defaultBlockSize,
  type HostPages,
} from "../../../../src/virtio-mem/device/default-block-size.js";

const KiB = 1024;
const MiB = 1024 ** 2;
const GiB = 1024 ** 3;

test.each<{ what: string; host: HostPages; size: number }>([
  { what: "a THP of x86-64", host: { architecture: "x86-64" }, size: 2 * MiB },
  { what: "a THP of Arm", host: { architecture: "arm64" }, size: 2 * MiB },
  {
    what: "a THP of Arm with 16 KiB pages",
    host: { architecture: "arm64", basePageSize: 16 * KiB },
    size: 32 * MiB,
  },
  {
    what: "a THP of Arm with 64 KiB pages",
    host: { architecture: "arm64", basePageSize: 64 * KiB },
    size: 512 * MiB,
  },
  { what: "a THP of s390x", host: { architecture: "s390x" }, size: MiB },
  {
    what: "what the host says",
    host: { architecture: "arm64", thpSize: 32 * MiB },
    size: 32 * MiB,
  },
  {
    what: "what the host says of pages that QEMU does not know",
    host: { architecture: "x86-64", basePageSize: 8 * KiB, thpSize: 4 * MiB },
    size: 4 * MiB,
  },
  {
    what: "a MiB where huge pages are smaller",
    host: { architecture: "x86-64", thpSize: 64 * KiB },
    size: MiB,
  },
  {
    what: "a page of the backend",
    host: { architecture: "x86-64", backendPageSize: GiB },
    size: GiB,
  },
  {
    what: "a THP where the backend has smaller pages",
    host: { architecture: "arm64", backendPageSize: 64 * KiB },
    size: 2 * MiB,
  },
])("it is $what", ({ host, size }) => {
  expect(defaultBlockSize(host)).toBe(size);
});

test.each([
  { architecture: "x86-64", basePageSize: 16 * KiB, known: "4096" },
  { architecture: "s390x", basePageSize: 64 * KiB, known: "4096" },
  { architecture: "arm64", basePageSize: 8 * KiB, known: "4096, 16384, 65536" },
] as const)("there is none for pages of $basePageSize on $architecture", ({ known, ...host }) => {
  expect(() => defaultBlockSize(host)).toThrow(
    new RangeError(
      `basePageSize must be one of ${known} on ${host.architecture}, got ${host.basePageSize}`,
    ),
  );
});
