import type { JSX } from "preact";

import type { Answer } from "../engine/protocol.js";
import { Facts } from "./answer-panel.js";
import { Card } from "./parts.js";
import { Blocks, Reasons, Suggestions } from "./tables.js";

/** What there is to read of an answer, below its map. */
export function AnswerCards(props: {
  answer: Answer;
  /** A cell that the map is to go to. */
  onGo: (to: { readonly cell: number }) => void;
}): JSX.Element {
  const { answer, onGo } = props;
  const { pluggedSizeAfter, requestedSize, notes } = answer.prediction;
  return (
    <div class="cards">
      <Card title={pluggedSizeAfter > requestedSize ? "What stays, and why" : "Blocked on the way"}>
        <Reasons answer={answer} />
      </Card>
      <Card title="Suggestions">
        <Suggestions answer={answer} />
      </Card>
      <Card title="Memory blocks">
        <Blocks
          answer={answer}
          onGo={({ offset }) =>
            onGo({ cell: Math.max(0, Math.floor(offset / answer.picture.region.cellSize)) })
          }
        />
      </Card>
      <Card title="Figures">
        <Facts answer={answer} />
        {notes.length > 0 && (
          <ul class="notes">
            {notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        )}
      </Card>
    </div>
  );
}
