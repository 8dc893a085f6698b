// Usage: tsx scripts/docs/scenario-schema.ts
//
// Writes docs/scenario.schema.json from src/scenario/schema.ts. A test compares the two.

import { writeFileSync } from "node:fs";
import { join } from "node:path";

import prettier from "prettier";

import { SCENARIO_SCHEMA } from "../../src/scenario/schema.js";

const path = join(import.meta.dirname, "../../docs/scenario.schema.json");
writeFileSync(path, await prettier.format(JSON.stringify(SCENARIO_SCHEMA), { filepath: path }));
