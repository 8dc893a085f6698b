import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { JSX } from "preact";

import { CallError, type Engine } from "../engine/client.js";
import type { Answer, OpenedDevice, QuickAnswer } from "../engine/protocol.js";
import type { Settings } from "../settings.js";
import { pngOf, save } from "../share/save.js";
import { Facts, Headline, RequestedSize, SizeBar, WhatIfs } from "./answer-panel.js";
import { CompareView } from "./compare-view.js";
import { MapPanel, shownOf } from "./map-panel.js";
import { Card, Picker, Problem, Working } from "./parts.js";
import { KernelPicker, PolicyPicker } from "./policy-picker.js";
import { Blocks, Reasons, Suggestions } from "./tables.js";

/** Samples are drawn when nothing has been changed for so long, in milliseconds. */
const CALM = 250;

export interface CaptureViewProps {
  readonly name: string;
  readonly devices: readonly OpenedDevice[];
  readonly settings: Settings;
  readonly onSettings: (settings: Settings) => void;
  /** Answers at once, one question after the other. */
  readonly engine: Engine;
  /** Draws samples and compares; may be stopped. */
  readonly sampler: Engine;
  /** Opens the capture in the second engine, too. */
  readonly openSampler: () => Promise<void>;
}

export function CaptureView(props: CaptureViewProps): JSX.Element {
  const { devices, settings, onSettings, name } = props;
  const asked = useAsked(props);
  const { answer, quick, isSure, problem } = asked;
  const [tab, setTab] = useState<"answer" | "compare">("answer");
  const [at, setAt] = useState<number | undefined>();
  const [goTo, setGoTo] = useState<{ readonly cell: number } | undefined>();
  useEffect(() => {
    setAt(undefined);
  }, [quick]);
  const device = devices[settings.device] ?? devices[0];
  const shown = useMemo(
    () => (answer === undefined ? undefined : shownOf(answer, quick?.timeline)),
    [answer, quick],
  );
  const pages = useCallback(
    (when: "before" | "after", firstPfn: number, count: number) =>
      props.engine.call("pages", { when, firstPfn, count }),
    [props.engine, quick],
  );
  const set = (part: Partial<Settings>): void => {
    onSettings({ ...settings, ...part });
  };
  if (device === undefined) return <Problem words="the capture must have a device, got none" />;
  return (
    <div class="capture">
      {problem !== "" && <Problem words={problem} onClose={asked.clear} />}
      <div class="columns">
        <aside class="side">
          <section class="card">
            {answer === undefined ? (
              <Working words={`Reading ${name}`} share={asked.share} onStop={undefined} />
            ) : (
              <>
                <Headline answer={answer} isSure={isSure} done={settings.done} />
                <SizeBar answer={answer} isSure={isSure} />
              </>
            )}
            {devices.length > 1 && (
              <Picker
                label="Device"
                value={String(settings.device)}
                choices={devices.map((one, index) => ({ value: String(index), label: one.name }))}
                onPick={(value) => set({ device: Number(value), requestedSize: 0 })}
              />
            )}
            <RequestedSize
              device={device}
              value={settings.requestedSize}
              plugged={answer?.prediction.pluggedSizeBefore}
              onChange={(requestedSize) => set({ requestedSize })}
            />
            <div class="pair">
              <KernelPicker
                value={settings.profile}
                own={{ value: "auto", label: "as captured" }}
                onPick={(profile) => set({ profile })}
              />
              <PolicyPicker
                value={settings.policy}
                own={undefined}
                onPick={(policy) => set({ policy })}
              />
            </div>
          </section>
          <Card title="What if, before the request">
            <WhatIfs
              done={settings.done}
              gains={asked.gains}
              together={asked.together}
              onChange={(done) => set({ done })}
            />
          </Card>
        </aside>
        <div class="main">
          <div class="tabs">
            <div class="tab-list" role="tablist" aria-label="Views">
              <TabButton name="Answer" isOn={tab === "answer"} onPick={() => setTab("answer")} />
              <TabButton name="Compare" isOn={tab === "compare"} onPick={() => setTab("compare")} />
            </div>
            <span class="spring" />
            {answer !== undefined && <ExportMenu {...props} answer={answer} />}
          </div>
          {tab === "answer" && shown !== undefined && answer !== undefined && (
            <>
              <MapPanel
                shown={shown}
                at={at}
                onTime={setAt}
                pages={quick === undefined ? undefined : pages}
                goTo={goTo}
                height={mapHeight()}
                hasTimeBar
              />
              <div class="cards">
                <Card
                  title={
                    answer.prediction.pluggedSizeAfter > settings.requestedSize
                      ? "What stays, and why"
                      : "Blocked on the way"
                  }
                >
                  <Reasons answer={answer} />
                </Card>
                <Card title="Suggestions">
                  <Suggestions answer={answer} />
                </Card>
                <Card title="Memory blocks">
                  <Blocks
                    answer={answer}
                    onGo={({ offset }) =>
                      setGoTo({
                        cell: Math.max(0, Math.floor(offset / answer.picture.region.cellSize)),
                      })
                    }
                  />
                </Card>
                <Card title="Figures">
                  <Facts answer={answer} />
                  {answer.prediction.notes.length > 0 && (
                    <ul class="notes">
                      {answer.prediction.notes.map((note) => (
                        <li key={note}>{note}</li>
                      ))}
                    </ul>
                  )}
                </Card>
              </div>
            </>
          )}
          {tab === "compare" && (
            <CompareView
              isOnCapture
              run={async (choice, options) => {
                await props.openSampler();
                return props.sampler.call(
                  "compareCapture",
                  { asked: settings, policies: choice.policies, profiles: choice.profiles },
                  options,
                );
              }}
            />
          )}
        </div>
      </div>
    </div>
  );
}

export function mapHeight(): number {
  return window.innerWidth < 700 ? 340 : 460;
}

export function TabButton(props: { name: string; isOn: boolean; onPick: () => void }): JSX.Element {
  return (
    <button
      type="button"
      role="tab"
      aria-selected={props.isOn}
      class={props.isOn ? "tab is-on" : "tab"}
      onClick={props.onPick}
    >
      {props.name}
    </button>
  );
}

interface AskedState {
  readonly quick: QuickAnswer | undefined;
  /** With samples, of the same question. */
  readonly full: Answer | undefined;
  /** What each what-if brings, and what stays without any; of the last full answer. */
  readonly base: Answer["prediction"] | undefined;
  readonly problem: string;
  readonly share: number | undefined;
}

/** Asks the engines whenever the settings change: at once without samples, then with them. */
function useAsked(props: CaptureViewProps) {
  const { settings, engine, sampler, openSampler } = props;
  const [state, setState] = useState<AskedState>({
    quick: undefined,
    full: undefined,
    base: undefined,
    problem: "",
    share: undefined,
  });
  const asking = useRef<{ isBusy: boolean; next: Settings | undefined }>({
    isBusy: false,
    next: undefined,
  });
  const change = (part: Partial<AskedState>): void => {
    setState((before) => ({ ...before, ...part }));
  };
  const fail = (error: unknown): void => {
    if (error instanceof CallError && error.kind === "stopped") return;
    change({ problem: error instanceof Error ? error.message : String(error), share: undefined });
  };

  const askQuick = async (wanted: Settings): Promise<void> => {
    const now = asking.current;
    now.next = wanted;
    if (now.isBusy) return;
    now.isBusy = true;
    while (now.next !== undefined) {
      const current: Settings = now.next;
      now.next = undefined;
      try {
        const quick = await engine.call("quick", current, {
          onProgress: (share) => change({ share }),
        });
        change({ quick, full: undefined, problem: "", share: undefined });
      } catch (error) {
        fail(error);
      }
    }
    now.isBusy = false;
  };

  useEffect(() => {
    void askQuick(settings);
    const stop = new AbortController();
    const timer = setTimeout(() => {
      void (async () => {
        try {
          await openSampler();
          const plain = { ...settings, done: [] };
          const full = await sampler.call("full", plain, { signal: stop.signal });
          change({ base: full.prediction, ...(settings.done.length === 0 ? { full } : {}) });
        } catch (error) {
          fail(error);
        }
      })();
    }, CALM);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [settings]);

  const { quick, full, base, problem, share } = state;
  const answer = useMemo(() => {
    if (full === undefined || quick === undefined) return quick?.answer ?? full;
    return { ...full, picture: { ...quick.answer.picture, ...full.picture } };
  }, [quick, full]);
  const together =
    base === undefined || quick === undefined || base.requestedSize !== settings.requestedSize
      ? undefined
      : base.pluggedSizeAfter - quick.answer.prediction.pluggedSizeAfter;
  return {
    answer,
    quick,
    isSure: full !== undefined,
    gains: base?.requestedSize === settings.requestedSize ? base.whatIf : undefined,
    together,
    problem,
    share,
    clear: () => change({ problem: "" }),
  };
}

function ExportMenu({ answer, sampler, name }: CaptureViewProps & { answer: Answer }): JSX.Element {
  const { prediction } = answer;
  const stem = name.replace(/\.(tar\.gz|tgz|tar|json)$/, "");
  const text = (format: "svg" | "json" | "text") =>
    sampler.call("exportAnswer", { prediction, format });
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
    <details class="menu">
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
        <button type="button" onClick={() => window.print()}>
          Print
        </button>
        {problem !== "" && <p class="problem">{problem}</p>}
      </div>
    </details>
  );
}
