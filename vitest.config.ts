import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

/** All tests on one build of the core; see test/core-under-test.ts. */
function onCore(core: "debug" | "release"): TestProjectInlineConfiguration {
  return {
    test: {
      name: core,
      include: ["test/**/*.test.ts"],
      // once is enough: fuzzers take the time that they are given, and a command has one core
      exclude: ["test/package/**", ...(core === "debug" ? ["test/fuzz/**", "test/faults/**"] : [])],
      env: { VIRTIO_MEM_CORE: core },
      setupFiles: ["test/seed.ts"],
      // a busy machine is no failure
      testTimeout: 30_000,
    },
  };
}

export default defineConfig({
  test: {
    globalSetup: "test/build-setup.ts",
    // the default spares a processor, which on two of them is every other one
    maxWorkers: "100%",
    // with --coverage; the commands run in processes of their own, which nobody counts
    coverage: {
      include: ["src/**"],
      exclude: ["src/cli/**"],
      reporter: ["text-summary"],
      thresholds: { branches: 82 },
    },
    projects: [
      onCore("debug"),
      onCore("release"),
      {
        test: {
          name: "package",
          include: ["test/package/**/*.test.ts"],
          globalSetup: "test/package/install-setup.ts",
          testTimeout: 60_000,
        },
      },
    ],
  },
});
