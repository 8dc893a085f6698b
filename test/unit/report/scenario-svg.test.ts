import { expect, test } from "vitest";

import { scenarioSvg } from "../../../src/report/scenario-svg.js";
import { scenarioOf } from "../../../src/scenario/parse.js";
import { runScenario } from "../../../src/scenario/run.js";
import { coreModule } from "../../core-under-test.js";
import { xmlFault } from "./well-formed-xml.js";

const core = coreModule();

async function pictureOf(online: string): Promise<string> {
  const scenario = scenarioOf({
    duration: "10s",
    guest: { bootMemory: "512MiB", online },
    device: { regionSize: "1GiB", requestedSize: "1GiB" },
    workloads: [
      { kind: "page-cache", size: "256MiB" },
      { kind: "anonymous", size: "128MiB" },
    ],
  });
  return scenarioSvg(await runScenario(scenario, { core }).result());
}

test("used memory is split by who has it; what is 0 is left out", async () => {
  const svg = await pictureOf("online");
  expect(xmlFault(svg)).toBeUndefined();
  for (const name of ["free", "page cache", "programs", "kernel"]) {
    expect(svg).toContain(`>${name}</text>`);
  }
  expect(svg).not.toContain("Failed attempts");
  expect(svg).not.toContain("ZONE_MOVABLE");
});

test("with a ZONE_MOVABLE, what the kernel can take has a curve of its own", async () => {
  expect(await pictureOf("online_movable")).toContain(
    "Free memory that the kernel can take (not in ZONE_MOVABLE)",
  );
});
