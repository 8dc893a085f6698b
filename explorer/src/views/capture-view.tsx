import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { JSX } from "preact";

import { CallError, type Engine } from "../engine/client.js";
import type { Answer, LiveFrame, OpenedDevice, QuickAnswer, When } from "../engine/protocol.js";
import type { Settings } from "../settings.js";
import { Headline, RequestedSize, SizeBar, WhatIfs } from "./answer-panel.js";
import { CompareView } from "./compare-view.js";
import { MapPanel, shownOf, type Shown } from "./map-panel.js";
import { FATE_STYLES } from "../../../src/report/fate-style.js";
import { FATE_NAMES } from "../map/colours.js";
import { formatDuration, formatRoughSize } from "../words.js";
import { Card, Picker, Problem, Working } from "./parts.js";
import { KernelPicker, PolicyPicker } from "./policy-picker.js";
import { ExportMenu } from "./save-menu.js";
import { AnswerCards } from "./answer-cards.js";

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
    (when: When, firstPfn: number, count: number) =>
      props.engine.call("pages", { when, firstPfn, count }),
    [props.engine, quick],
  );
  const moment = useCallback(
    (entry: number) => props.engine.call("moment", { entry }),
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
            {asked.live !== undefined && (
              <Working words={liveWords(asked.live)} share={asked.share} onStop={asked.stop} />
            )}
            {answer === undefined ? (
              asked.live === undefined &&
              (asked.isAsking ? (
                <Working words={`Reading ${name}`} share={asked.share} onStop={asked.stop} />
              ) : (
                <button type="button" onClick={asked.again}>
                  Ask again
                </button>
              ))
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
            {answer !== undefined && (
              <ExportMenu answer={answer} name={name} engine={props.sampler} />
            )}
          </div>
          {tab === "answer" && asked.live !== undefined && <LiveMap frame={asked.live} />}
          {tab === "answer" && shown !== undefined && answer !== undefined && (
            <>
              {asked.live === undefined && (
                <MapPanel
                  shown={shown}
                  at={at}
                  onTime={setAt}
                  pages={quick === undefined ? undefined : pages}
                  moment={quick === undefined ? undefined : moment}
                  goTo={goTo}
                  height={mapHeight()}
                  hasTimeBar
                />
              )}
              <AnswerCards answer={answer} onGo={setGoTo} />
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

function liveWords({ pluggedSize, ms }: LiveFrame): string {
  return `${formatDuration(ms)} of the guest's time: ${formatRoughSize(pluggedSize)} plugged`;
}

/** The map of a run that is going on. */
function LiveMap({ frame }: { frame: LiveFrame }): JSX.Element {
  const shown = useMemo((): Shown => {
    const fateLabels = FATE_NAMES.map((fate) =>
      fate === "stays" ? "plugged, not tried yet" : FATE_STYLES[fate].label,
    );
    const picture = { region: frame.region, fate: frame.fate, stay: NONE };
    return { picture, fateLabels, blocked: [], timeline: undefined };
  }, [frame]);
  return (
    <MapPanel
      shown={shown}
      at={undefined}
      onTime={() => undefined}
      pages={undefined}
      goTo={undefined}
      height={mapHeight()}
      hasTimeBar={false}
    />
  );
}

const NONE = new Uint8Array();

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

/** Questions one after the other, the newest alone. */
interface Asking {
  isBusy: boolean;
  next: Settings | undefined;
  stop: AbortController | undefined;
  /** The run is followed: it hears at once that it is to stop. */
  isLong: boolean;
}

const STOPPED = "stopped before the driver was through; an answer that is shown is the one before";

interface AskedState {
  readonly quick: QuickAnswer | undefined;
  /** With samples, of the same question. */
  readonly full: Answer | undefined;
  /** What each what-if brings, and what stays without any; of the last full answer. */
  readonly base: Answer["prediction"] | undefined;
  readonly problem: string;
  readonly share: number | undefined;
  /** While a run takes long: how far it is. */
  readonly live: LiveFrame | undefined;
  readonly isAsking: boolean;
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
    live: undefined,
    isAsking: true,
  });
  const asking = useRef<Asking>({
    isBusy: false,
    next: undefined,
    stop: undefined,
    isLong: false,
  });
  const change = (part: Partial<AskedState>): void => {
    setState((before) => ({ ...before, ...part }));
  };
  const fail = (error: unknown): void => {
    if (error instanceof CallError && error.kind === "stopped") return;
    change({
      problem: error instanceof Error ? error.message : String(error),
      share: undefined,
      live: undefined,
    });
  };

  const askQuick = async (wanted: Settings): Promise<void> => {
    const now = asking.current;
    now.next = wanted;
    if (now.isBusy) {
      // nobody waits for that answer any more; what does not take long ends by itself
      if (now.isLong) now.stop?.abort();
      return;
    }
    now.isBusy = true;
    while (now.next !== undefined) {
      const current: Settings = now.next;
      now.next = undefined;
      now.stop = new AbortController();
      now.isLong = false;
      change({ isAsking: true });
      try {
        const quick = await engine.call("quick", current, {
          signal: now.stop.signal,
          onProgress: (share) => change({ share }),
          onFrame: (live) => {
            now.isLong = true;
            change({ live });
          },
        });
        change({ quick, full: undefined, problem: "", share: undefined, live: undefined });
      } catch (error) {
        fail(error);
        if (now.stop.signal.aborted) change({ share: undefined, live: undefined });
      }
    }
    now.isBusy = false;
    change({ isAsking: false });
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

  const { quick, full, base, problem, share, live, isAsking } = state;
  const stop = (): void => {
    asking.current.stop?.abort();
    change({ problem: STOPPED });
  };
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
    live,
    isAsking,
    stop,
    again: () => void askQuick(settings),
    clear: () => change({ problem: "" }),
  };
}
