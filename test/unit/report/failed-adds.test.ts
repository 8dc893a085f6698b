import { expect, test } from "vitest";
import type { DeviceRequest } from "../../../src/predict/prediction.js";
import { failedAdds } from "../../../src/report/failed-adds.js";
import { failedGrowth } from "./sample-prediction.js";

const plug: DeviceRequest = { type: "PLUG", offset: 0, nbBlocks: 64, response: "ACK" };
const unplug: DeviceRequest = { ...plug, type: "UNPLUG" };

test("a range that is plugged and at once unplugged again failed, however often", () => {
  expect(failedAdds([plug, unplug, plug, unplug])).toEqual([{ offset: 0, nbBlocks: 64, tries: 2 }]);
  expect(failedAdds(failedGrowth().requests)).toEqual([
    { offset: 2_013_265_920, nbBlocks: 64, tries: 3 },
  ]);
});

test.each<[string, DeviceRequest[]]>([
  ["a plug alone", [plug]],
  ["an unplug elsewhere", [plug, { ...unplug, offset: 128 }]],
  ["a part unplugged", [plug, { ...unplug, nbBlocks: 1 }]],
  ["a plug that was refused", [{ ...plug, response: "NACK" }, unplug]],
])("%s is no failed growth", (_, requests) => {
  expect(failedAdds(requests)).toEqual([]);
});
