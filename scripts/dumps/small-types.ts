// Usage: npx tsx scripts/dumps/small-types.ts BTF > OUT
//
// The types of a kernel that captures are read by, as BTF of some kilobytes: what the samples under
// test/golden/exact have in place of the 5 to 10 MiB of /sys/kernel/btf/vmlinux.

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

import { reducedTypes } from "./reduced-types.js";

const [file = ""] = process.argv.slice(2);
const bytes = readFileSync(file);
process.stdout.write(reducedTypes(bytes[0] === 0x1f ? gunzipSync(bytes) : bytes));
