import { useMemo, useState } from "preact/hooks";
import type { JSX } from "preact";

import type { Engine } from "../engine/client.js";
import type { Answer } from "../engine/protocol.js";
import { pngOf, save } from "../share/save.js";
import { Facts, Headline, SizeBar } from "./answer-panel.js";
import { mapHeight, SaveMenu } from "./capture-view.js";
import { MapPanel, shownOf } from "./map-panel.js";
import { Card } from "./parts.js";
import { Blocks, Reasons, Suggestions } from "./tables.js";

/** A result of `predict --json`: there is no guest to ask more of. */
export function AnswerView(props: { name: string; answer: Answer; engine: Engine }): JSX.Element {
  const { answer, engine, name } = props;
  const shown = useMemo(() => shownOf(answer, undefined), [answer]);
  const [goTo, setGoTo] = useState<{ readonly cell: number } | undefined>();
  const { prediction } = answer;
  return (
    <div class="columns">
      <aside class="side">
        <section class="card">
          <Headline answer={answer} isSure done={[]} />
          <SizeBar answer={answer} isSure />
        </section>
        <Card title="Figures">
          <Facts answer={answer} />
        </Card>
      </aside>
      <div class="main">
        <div class="tabs">
          <span class="faint">{name}: a result; open the capture itself to ask more of it</span>
          <span class="spring" />
          <SaveMenu
            choices={[
              [
                "PNG",
                async () => {
                  const svg = await engine.call("exportAnswer", { prediction, format: "svg" });
                  save(`${name}.png`, "image/png", await pngOf(svg));
                },
              ],
              [
                "SVG",
                async () =>
                  save(
                    `${name}.svg`,
                    "image/svg+xml",
                    await engine.call("exportAnswer", { prediction, format: "svg" }),
                  ),
              ],
            ]}
          />
        </div>
        <MapPanel
          shown={shown}
          at={undefined}
          onTime={() => undefined}
          pages={undefined}
          goTo={goTo}
          height={mapHeight()}
          hasTimeBar
        />
        <div class="cards">
          <Card title="What stays, and why">
            <Reasons answer={answer} />
          </Card>
          <Card title="Suggestions">
            <Suggestions answer={answer} />
          </Card>
          <Card title="Memory blocks">
            <Blocks
              answer={answer}
              onGo={({ offset }) =>
                setGoTo({ cell: Math.max(0, Math.floor(offset / answer.picture.region.cellSize)) })
              }
            />
          </Card>
        </div>
      </div>
    </div>
  );
}
