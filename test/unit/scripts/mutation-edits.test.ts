import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { coreEdits } from "../../../scripts/mutate/core-edits.js";
import { driverEdits } from "../../../scripts/mutate/driver-edits.js";
import { damage } from "../../../scripts/mutate/edit.js";
import { EDITS } from "../../../scripts/mutate/edits.js";
import { specialPageEdits } from "../../../scripts/mutate/special-page-edits.js";

const all = [...EDITS, ...coreEdits, ...specialPageEdits, ...driverEdits];

test.each(all)("$file has one place for: $breaks", (edit) => {
  const content = readFileSync(new URL(`../../../${edit.file}`, import.meta.url), "utf8");
  expect(damage(content, edit)).not.toBe(content);
});
