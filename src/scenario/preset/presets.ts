import { KiB, MiB } from "../../units.js";
import { share, type Preset } from "./preset.js";

/**
 * Programs that people run. The figures are of the size of the shares that their makers recommend;
 * none of them was fitted to a measurement.
 */
export const PRESETS = {
  postgres: {
    description: "A PostgreSQL server under load.",
    source:
      "Shared buffers of a quarter, and a page cache up to three quarters, are what its manual " +
      "recommends for shared_buffers and effective_cache_size.",
    parts: (size) => [
      { name: "shared buffers", kind: "anonymous", size: share(size, 1 / 4) },
      {
        name: "backends",
        kind: "anonymous",
        size: share(size, 1 / 8),
        churnRate: share(size, 1 / 512),
        chunk: 64 * KiB,
      },
      {
        name: "tables",
        kind: "page-cache",
        size: share(size, 3 / 4),
        readRate: share(size, 1 / 128),
        dirtyShare: 0.02,
      },
      { name: "slab", kind: "kernel", size: share(size, 1 / 128) },
      { name: "clients", kind: "network", burst: share(size, 1 / 1024) },
    ],
  },
  redis: {
    description: "A redis server that saves its data every five minutes.",
    source:
      "Three quarters for maxmemory leave room for the pages that a save copies, as its " +
      "documentation advises; its log and snapshots go through the page cache.",
    parts: (size) => [
      {
        name: "data",
        kind: "anonymous",
        size: share(size, 3 / 4),
        churnRate: share(size, 1 / 1024),
        chunk: 16 * KiB,
      },
      {
        name: "pages copied by a save",
        kind: "functions",
        size: share(size, 1 / 16),
        every: "5min",
        life: "30s",
        most: 1,
      },
      {
        name: "snapshots",
        kind: "page-cache",
        size: share(size, 3 / 4),
        readRate: share(size, 1 / 512),
        dirtyShare: 0.3,
      },
      { name: "clients", kind: "network", burst: share(size, 1 / 512) },
    ],
  },
  jvm: {
    description: "A Java program in a virtual machine with a heap that never shrinks.",
    source:
      "A heap of three quarters is -XX:MaxRAMPercentage=75, which container images set; G1 " +
      "returns regions of some MiB.",
    parts: (size) => [
      {
        name: "heap",
        kind: "anonymous",
        size: share(size, 3 / 4),
        churnRate: share(size, 1 / 1024),
        chunk: 4 * MiB,
        thpShare: 0.5,
      },
      {
        name: "metaspace, code and threads",
        kind: "anonymous",
        size: share(size, 1 / 8),
        churnRate: share(size, 1 / 4096),
        chunk: 64 * KiB,
      },
      {
        name: "class files and logs",
        kind: "page-cache",
        size: share(size, 1 / 32),
        readRate: share(size, 1 / 1024),
        dirtyShare: 0.05,
      },
      { name: "clients", kind: "network", burst: share(size, 1 / 1024) },
    ],
  },
  build: {
    description: "A build server that compiles without a pause.",
    source: "A job per GiB is what build systems take as a rule of thumb for C++.",
    parts: (size) => [
      {
        name: "jobs",
        kind: "compile",
        jobs: Math.min(256, Math.max(1, Math.floor(size / (1024 * MiB)))),
        size: Math.min(share(size, 1 / 2), 1024 * MiB),
        life: "20s",
      },
      {
        name: "sources",
        kind: "page-cache",
        size: share(size, 1 / 4),
        readRate: share(size, 1 / 256),
        dirtyShare: 0.05,
      },
      {
        name: "inodes and dentries",
        kind: "kernel",
        type: "reclaimable-slab",
        size: share(size, 1 / 32),
      },
      { name: "slab", kind: "kernel", size: share(size, 1 / 128) },
    ],
  },
  kubelet: {
    description: "A Kubernetes node: its daemons, and pods that come and go.",
    source:
      "Daemons of a sixteenth are near what cloud providers reserve of a node of 8 GiB; each pod " +
      "leaves slab of its control groups behind.",
    parts: (size) => [
      {
        name: "daemons",
        kind: "anonymous",
        size: share(size, 1 / 16),
        churnRate: share(size, 1 / 2048),
        chunk: 64 * KiB,
      },
      {
        name: "pods",
        kind: "functions",
        size: share(size, 1 / 64),
        every: "10s",
        life: "4min",
        most: 32,
        thpShare: 0.1,
      },
      {
        name: "images and logs",
        kind: "page-cache",
        size: share(size, 1 / 2),
        readRate: share(size, 1 / 256),
        dirtyShare: 0.05,
      },
      {
        name: "slab of control groups",
        kind: "kernel",
        size: share(size, 1 / 64),
        shortestLife: "10s",
      },
      { name: "traffic", kind: "network", burst: share(size, 1 / 512), order: 1 },
    ],
  },
} as const satisfies Readonly<Record<string, Preset>>;
