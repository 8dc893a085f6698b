import { expect, test } from "vitest";
import { parseCommandLine } from "../../../src/capture/command-line.js";

test.each([
  { text: "", parameters: {} },
  { text: "quiet ro\n", parameters: { quiet: "", ro: "" } },
  { text: "a=1 a=2", parameters: { a: "2" } },
  {
    text: "memory-hotplug.online-policy=auto-movable",
    parameters: { "memory_hotplug.online_policy": "auto-movable" },
  },
  { text: 'dyndbg="file a +p" x', parameters: { dyndbg: "file a +p", x: "" } },
  { text: '"name=with space" y=z', parameters: { name: "with space", y: "z" } },
  { text: "a=b=c", parameters: { a: "b=c" } },
  { text: "ro -- movable_node", parameters: { ro: "" } },
])("reads $text", ({ text, parameters }) => {
  expect(Object.fromEntries(parseCommandLine(text))).toEqual(parameters);
});
