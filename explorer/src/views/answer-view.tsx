import { useMemo, useState } from "preact/hooks";
import type { JSX } from "preact";

import type { Engine } from "../engine/client.js";
import type { Answer } from "../engine/protocol.js";
import { AnswerCards } from "./answer-cards.js";
import { Headline, SizeBar } from "./answer-panel.js";
import { mapHeight } from "./capture-view.js";
import { MapPanel, shownOf } from "./map-panel.js";
import { ExportMenu } from "./save-menu.js";

/** A result of `predict --json`: there is no guest to ask more of. */
export function AnswerView(props: { name: string; answer: Answer; engine: Engine }): JSX.Element {
  const { answer, engine, name } = props;
  const shown = useMemo(() => shownOf(answer, undefined), [answer]);
  const [goTo, setGoTo] = useState<{ readonly cell: number } | undefined>();
  return (
    <div class="columns">
      <aside class="side">
        <section class="card">
          <Headline answer={answer} isSure done={[]} />
          <SizeBar answer={answer} isSure />
        </section>
      </aside>
      <div class="main">
        <div class="tabs">
          <span class="faint">{name}: a result; open the capture itself to ask more of it</span>
          <span class="spring" />
          <ExportMenu answer={answer} name={name} engine={engine} />
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
        <AnswerCards answer={answer} onGo={setGoTo} />
      </div>
    </div>
  );
}
