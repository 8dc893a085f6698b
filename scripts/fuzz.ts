import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";

// npm run fuzz -- [--seed N] [--seconds S] [names of files in test/fuzz]

const { values, positionals } = parseArgs({
  options: { seed: { type: "string" }, seconds: { type: "string" } },
  allowPositionals: true,
});
const seed = numberOf("--seed", values.seed) ?? Date.now() % 2 ** 31;
const seconds = numberOf("--seconds", values.seconds) ?? 60;
const files = positionals.length === 0 ? [""] : positionals;
console.log(`seed ${seed}, ${seconds} s each`);
const { status } = spawnSync(
  "npx",
  ["vitest", "run", "--project", "release", ...files.map((name) => `test/fuzz/${name}`)],
  {
    stdio: "inherit",
    env: { ...process.env, PROPERTY_SEED: String(seed), FUZZ_SECONDS: String(seconds) },
  },
);
process.exitCode = status ?? 1;

function numberOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!/^\d+$/.test(text) || number >= 2 ** 31) {
    throw new Error(`${flag} must be a whole number from 0 to 2147483647, got ${text}`);
  }
  return number;
}
