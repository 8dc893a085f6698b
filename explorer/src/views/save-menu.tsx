import { useState } from "preact/hooks";
import type { JSX } from "preact";

import type { Engine } from "../engine/client.js";
import type { Answer } from "../engine/protocol.js";
import { pngOf, save } from "../share/save.js";
import { PRINT } from "../theme.js";

/** All forms in which an answer is saved. */
export function ExportMenu(props: { answer: Answer; name: string; engine: Engine }): JSX.Element {
  const { answer, name, engine } = props;
  const { prediction } = answer;
  const stem = name.replace(/\.(tar\.gz|tgz|tar|json)$/, "");
  const text = (format: "svg" | "json" | "text") =>
    engine.call("exportAnswer", { prediction, format });
  return (
    <SaveMenu
      choices={[
        ["SVG", async () => save(`${stem}.svg`, "image/svg+xml", await text("svg"))],
        ["PNG", async () => save(`${stem}.png`, "image/png", await pngOf(await text("svg")))],
        ["JSON", async () => save(`${stem}.json`, "application/json", await text("json"))],
        ["CSV", () => save(`${stem}.csv`, "text/csv", blocksCsv(answer))],
        ["Text", async () => save(`${stem}.txt`, "text/plain", await text("text"))],
      ]}
    />
  );
}

function blocksCsv({ blocks }: Answer): string {
  const head = "memory_block,zone,state,plugged_before,plugged_after,held,mostly_by";
  const rows = blocks.map((block) =>
    [
      block.id,
      block.zone ?? "",
      block.state,
      block.pluggedBefore,
      block.pluggedAfter,
      block.held,
      block.mostly,
    ].join(","),
  );
  return `${[head, ...rows].join("\n")}\n`;
}

/** Buttons that save; what goes wrong is said beside them. */
export function SaveMenu(props: {
  choices: readonly (readonly [name: string, save: () => void | Promise<void>])[];
}): JSX.Element {
  const [problem, setProblem] = useState("");
  return (
    <details
      class="menu"
      onFocusOut={({ currentTarget, relatedTarget }) => {
        if (!currentTarget.contains(relatedTarget as Node | null)) currentTarget.open = false;
      }}
    >
      <summary>Save</summary>
      <div class="menu-items">
        {props.choices.map(([name, run]) => (
          <button
            key={name}
            type="button"
            onClick={() => {
              setProblem("");
              Promise.resolve(run()).catch((error: unknown) => {
                setProblem(error instanceof Error ? error.message : String(error));
              });
            }}
          >
            {name}
          </button>
        ))}
        <button type="button" onClick={() => dispatchEvent(new Event(PRINT))}>
          Print
        </button>
        {problem !== "" && <p class="problem">{problem}</p>}
      </div>
    </details>
  );
}
