/** A folder of src/ that is mutated, and the unit tests that judge its mutants. */
export interface MutatedFolder {
  /** Folders and files below src/. */
  readonly sources: readonly string[];
  /** Folders and files below test/. */
  readonly tests: readonly string[];
  /** Percent of the mutants that tests have to notice; 0 where no one has set a target. */
  readonly least: number;
}

/** By name, as `npm run mutate:src -- NAME` takes it. */
export const FOLDERS: Readonly<Record<string, MutatedFolder>> = {
  capture: { sources: ["capture"], tests: ["unit/capture"], least: 85 },
  device: {
    sources: [
      "virtio-mem/device",
      "virtio-mem/protocol.ts",
      "virtio-mem/run-bitmap.ts",
      "virtio-mem/sizes.ts",
      "virtio-mem/wire.ts",
    ],
    tests: ["unit/virtio-mem"],
    least: 85,
  },
  driver: {
    sources: [
      "virtio-mem/driver",
      "virtio-mem/driver-profile.ts",
      "virtio-mem/big-block-state.ts",
      "virtio-mem/memory-block-state.ts",
    ],
    tests: [
      "unit/virtio-mem",
      "unit/several-devices.test.ts",
      "unit/policies",
      "unit/guest/snapshot.test.ts",
    ],
    least: 85,
  },
  scenario: { sources: ["scenario"], tests: ["unit/scenario"], least: 85 },
  policies: { sources: ["policies"], tests: ["unit/policies"], least: 0 },
  report: { sources: ["report"], tests: ["unit/report", "unit/sweep", "unit/compare"], least: 0 },
  check: { sources: ["check"], tests: ["unit/check"], least: 0 },
  cli: { sources: ["cli"], tests: ["unit/cli"], least: 0 },
};

/**
 * Test files that judge no mutants: they test scripts or commands, which run in processes of their
 * own, or take long and say nothing that others do not.
 */
export const LEFT_OUT: readonly string[] = [
  "capture-script.test.ts",
  "damaged-captures.test.ts",
  "device-command.test.ts",
  "large-device.test.ts",
  "recordings.test.ts",
];

/** @throws Error if there is no such folder. */
export function mutatedFolder(name: string): MutatedFolder {
  const folder = FOLDERS[name];
  if (folder !== undefined) return folder;
  throw new Error(`FOLDER must be one of ${Object.keys(FOLDERS).join(", ")}, got "${name}"`);
}
