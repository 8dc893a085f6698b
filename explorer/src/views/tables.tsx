import { useState } from "preact/hooks";
import type { JSX } from "preact";

import { FATE_STYLES } from "../../../src/report/fate-style.js";
import type { Fate } from "../../../src/report/region-map.js";
import type { Answer, BlockRow } from "../engine/protocol.js";
import { fateColour } from "../map/colours.js";
import { useTheme } from "../theme.js";
import { formatCount, formatRoughSize } from "../words.js";
import { Swatch } from "./map-panel.js";

/** Rows of a long table that are shown at first. */
const SHORT = 8;

export function Reasons({ answer }: { answer: Answer }): JSX.Element {
  const theme = useTheme();
  const { reasons, untried, blocks } = answer;
  if (reasons.length === 0 && untried === 0) return <p>Nothing stays for a reason of its own.</p>;
  const worst = [...blocks].filter(({ held }) => held > 0).sort((a, b) => b.held - a.held);
  return (
    <>
      <ul class="reasons">
        {reasons.map(({ group, heldBy, size, subblocks }) => (
          <li key={heldBy}>
            <Swatch colour={fateColour(group as Fate, theme)} />
            <span>
              <b>{formatRoughSize(size)}</b> held by {heldBy}
              <span class="faint"> · {formatCount(subblocks, "subblock")}</span>
            </span>
          </li>
        ))}
        {untried > 0 && (
          <li>
            <Swatch colour={fateColour("stays", theme)} />
            <span>
              <b>{formatRoughSize(untried)}</b> not tried
            </span>
          </li>
        )}
      </ul>
      {worst.length > 0 && (
        <p class="hint">
          In {formatCount(worst.length, "memory block")}, most in{" "}
          {worst
            .slice(0, 3)
            .map(({ id, held }) => `${id} (${formatRoughSize(held)})`)
            .join(", ")}
          .
        </p>
      )}
    </>
  );
}

export function Suggestions({ answer }: { answer: Answer }): JSX.Element {
  const { suggestions } = answer;
  if (suggestions.length === 0) return <p>Nothing needs to be done.</p>;
  return (
    <table class="plain">
      <caption class="visually-hidden">Suggestions, and what each returns by itself</caption>
      <thead class="visually-hidden">
        <tr>
          <th scope="col">Returns</th>
          <th scope="col">What to do</th>
        </tr>
      </thead>
      <tbody>
        {suggestions.map(({ gain, text }) => (
          <tr key={text}>
            <td class="number">{gain === null ? "–" : formatRoughSize(gain)}</td>
            <td>{text}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

type Order = "held" | "id";

export function Blocks({
  answer,
  onGo,
}: {
  answer: Answer;
  onGo: (block: BlockRow) => void;
}): JSX.Element {
  const [order, setOrder] = useState<Order>("held");
  const [isAll, setAll] = useState(false);
  const { blocks } = answer;
  const sorted =
    order === "id" ? blocks : [...blocks].sort((a, b) => b.held - a.held || a.id - b.id);
  const rows = isAll ? sorted.slice(0, 2000) : sorted.slice(0, SHORT);
  const heading = (wanted: Order, words: string): JSX.Element => (
    <th
      scope="col"
      aria-sort={order === wanted ? (wanted === "id" ? "ascending" : "descending") : "none"}
    >
      <button
        type="button"
        class="link"
        title={`Sort by ${words.toLowerCase()}`}
        onClick={() => setOrder(wanted)}
      >
        {words}
      </button>
    </th>
  );
  if (blocks.length === 0) return <p>No memory is plugged.</p>;
  return (
    <>
      <div class="scroll" tabIndex={0} role="region" aria-label="Memory blocks">
        <table>
          <thead>
            <tr>
              {heading("id", "Block")}
              <th scope="col">Zone</th>
              <th scope="col">Before</th>
              <th scope="col">After</th>
              {heading("held", "Held")}
              <th scope="col">Mostly by</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((block) => (
              <tr key={block.id}>
                <td>
                  <button type="button" class="link" onClick={() => onGo(block)}>
                    {block.id}
                  </button>
                </td>
                <td>{block.zone ?? (block.state === "unused" ? "removed" : block.state)}</td>
                <td class="number">{formatRoughSize(block.pluggedBefore)}</td>
                <td class="number">{formatRoughSize(block.pluggedAfter)}</td>
                <td class="number">{block.held === 0 ? "–" : formatRoughSize(block.held)}</td>
                <td>{block.mostly === "" ? "" : FATE_STYLES[block.mostly as Fate].label}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {blocks.length > SHORT && (
        <button type="button" class="link" onClick={() => setAll(!isAll)}>
          {isAll ? "Fewer" : `All ${formatCount(blocks.length, "memory block")}`}
        </button>
      )}
    </>
  );
}
