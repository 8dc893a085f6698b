import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { JSX } from "preact";

import { ShareButton } from "./share-button.js";
import { CallError, Engine } from "../engine/client.js";
import type { Problem as TextProblem, ScenarioAnswer } from "../engine/protocol.js";
import type { Editor } from "../editor/editor.js";
import { later } from "../later.js";
import type { ScenarioSettings } from "../settings.js";
import { pngOf, save } from "../share/save.js";
import { useTheme } from "../theme.js";
import { mapHeight, TabButton } from "./capture-view.js";
import { SaveMenu } from "./save-menu.js";
import { CompareView } from "./compare-view.js";
import { Card, Problem, Working } from "./parts.js";
import { KernelPicker, PolicyPicker } from "./policy-picker.js";
import { RunView } from "./run-view.js";

/** A text is checked when nothing has been typed for so long, in milliseconds. */
const CALM = 300;
const COMPARED_SEEDS = 1;

export interface ScenarioViewProps {
  readonly name: string;
  readonly text: string;
  /** A run that was opened as a result. */
  readonly opened: ScenarioAnswer | undefined;
  readonly settings: ScenarioSettings;
  readonly onSettings: (settings: ScenarioSettings) => void;
  readonly engine: Engine;
  readonly link: (text: string) => Promise<string>;
}

export function ScenarioView(props: ScenarioViewProps): JSX.Element {
  const { name, settings, onSettings, opened } = props;
  const runner = useMemo(() => new Engine(), []);
  useEffect(() => () => runner.end(), [runner]);
  const [text, setText] = useState(props.text);
  const problems = useProblems(text, props, opened !== undefined);
  const [tab, setTab] = useState<"run" | "compare">("run");
  const running = useRun({ text, name, settings, runner, opened });
  const set = (part: Partial<ScenarioSettings>): void => {
    onSettings({ ...settings, ...part });
  };
  useEffect(() => {
    if (opened === undefined) void running.start();
  }, []);
  const { run, share } = running;
  return (
    <div class="columns scenario">
      <aside class="side">
        {opened === undefined && (
          <section class="card editor-card">
            <div class="card-head">
              <h1 class="file-name">{name}</h1>
              <ShareButton link={() => props.link(text)} />
            </div>
            <EditorBox
              text={props.text}
              problems={problems}
              onChange={setText}
              onRun={() => void running.start()}
            />
            <p class={problems.length === 0 ? "hint" : "problem"} role="status">
              {problems.length === 0
                ? "Ready to run. Ctrl+Enter runs, Ctrl+Space completes."
                : problems[0]?.words}
            </p>
            <div class="row">
              <button
                type="button"
                class="primary"
                disabled={share !== undefined}
                onClick={() => void running.start()}
              >
                Run
              </button>
              {share !== undefined && (
                <Working words="Running" share={share} onStop={running.stop} />
              )}
            </div>
            <div class="pair">
              <KernelPicker
                value={settings.profile}
                own={{ value: "", label: "the scenario's own" }}
                onPick={(profile) => set({ profile })}
              />
              <PolicyPicker
                value={settings.policy}
                own="the scenario's own"
                onPick={(policy) => set({ policy })}
              />
            </div>
            <label class="field">
              <span>Seed</span>
              <input
                value={settings.seed}
                placeholder="the scenario's own"
                inputMode="numeric"
                onInput={(event) => set({ seed: event.currentTarget.value.trim() })}
              />
            </label>
          </section>
        )}
        {run !== undefined && (
          <Card title="In words">
            <pre class="words" tabIndex={0} aria-label="The result in words">
              {run.words}
            </pre>
          </Card>
        )}
      </aside>
      <div class="main">
        {running.problem !== "" && <Problem words={running.problem} onClose={running.clear} />}
        <div class="tabs">
          <div class="tab-list" role="tablist" aria-label="Views">
            <TabButton name="Run" isOn={tab === "run"} onPick={() => setTab("run")} />
            {opened === undefined && (
              <TabButton name="Compare" isOn={tab === "compare"} onPick={() => setTab("compare")} />
            )}
          </div>
          <span class="spring" />
          {run !== undefined && <RunSave run={run} engine={props.engine} name={name} />}
        </div>
        {tab === "run" && run !== undefined && (
          <RunView run={run} engine={props.engine} mapHeight={mapHeight()} />
        )}
        {tab === "run" && run === undefined && share === undefined && (
          <p class="card">Run the scenario to see it.</p>
        )}
        {tab === "compare" && (
          <CompareView
            isOnCapture={false}
            run={(choice, options) =>
              runner.call(
                "compareScenario",
                { text, name, ...choice, seeds: COMPARED_SEEDS },
                options,
              )
            }
          />
        )}
      </div>
    </div>
  );
}

function RunSave(props: { run: ScenarioAnswer; engine: Engine; name: string }): JSX.Element {
  const { run, engine, name } = props;
  const stem = name.replace(/\.(ya?ml|json)$/, "");
  const text = (format: "svg" | "json" | "csv" | "text") =>
    engine.call("exportRun", { result: run.result, format });
  return (
    <SaveMenu
      choices={[
        ["SVG", async () => save(`${stem}.svg`, "image/svg+xml", await text("svg"))],
        ["PNG", async () => save(`${stem}.png`, "image/png", await pngOf(await text("svg")))],
        ["JSON", async () => save(`${stem}-run.json`, "application/json", await text("json"))],
        ["CSV", async () => save(`${stem}.csv`, "text/csv", await text("csv"))],
        ["Text", async () => save(`${stem}.txt`, "text/plain", await text("text"))],
      ]}
    />
  );
}

/** What is wrong with the text, a moment after it was typed. */
function useProblems(
  text: string,
  { engine, name }: ScenarioViewProps,
  isResult: boolean,
): readonly TextProblem[] {
  const [problems, setProblems] = useState<readonly TextProblem[]>([]);
  useEffect(() => {
    if (isResult) return undefined;
    let isOld = false;
    const timer = setTimeout(() => {
      engine.call("check", { text, name }).then(
        (found) => {
          if (!isOld) setProblems(found);
        },
        (error: unknown) => {
          if (!isOld) setProblems([{ from: 0, to: 0, words: String(error) }]);
        },
      );
    }, CALM);
    return () => {
      isOld = true;
      clearTimeout(timer);
    };
  }, [text]);
  return problems;
}

interface RunInput {
  readonly text: string;
  readonly name: string;
  readonly settings: ScenarioSettings;
  readonly runner: Engine;
  readonly opened: ScenarioAnswer | undefined;
}

function useRun({ text, name, settings, runner, opened }: RunInput) {
  const [run, setRun] = useState<ScenarioAnswer | undefined>(opened);
  const [share, setShare] = useState<number | undefined>();
  const [problem, setProblem] = useState("");
  const controller = useRef<AbortController | undefined>(undefined);
  const start = async (): Promise<void> => {
    controller.current?.abort();
    const own = new AbortController();
    controller.current = own;
    setShare(0);
    setProblem("");
    try {
      const options = { signal: own.signal, onProgress: setShare };
      setRun(await runner.call("run", { text, name, ...settings }, options));
    } catch (error) {
      if (!(error instanceof CallError && error.kind === "stopped")) {
        setProblem(error instanceof Error ? error.message : String(error));
      }
    }
    if (controller.current === own) setShare(undefined);
  };
  return {
    run,
    share,
    problem,
    start,
    stop: () => controller.current?.abort(),
    clear: () => setProblem(""),
  };
}

/** A plain text area until the editor has come. */
function EditorBox(props: {
  text: string;
  problems: readonly TextProblem[];
  onChange: (text: string) => void;
  onRun: () => void;
}): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const { isDark } = useTheme();
  const [isReady, setReady] = useState(false);
  const [text, setText] = useState(props.text);
  useEffect(() => {
    let isGone = false;
    void later.editor().then(({ createEditor }) => {
      if (isGone || host.current === null) return;
      editor.current = createEditor(host.current, {
        text: latest.current.text,
        isDark,
        onChange: (changed) => latest.current.onChange(changed),
        onRun: () => latest.current.onRun(),
      });
      setReady(true);
    });
    return () => {
      isGone = true;
      editor.current?.destroy();
    };
  }, []);
  useEffect(() => {
    editor.current?.setDark(isDark);
  }, [isDark, isReady]);
  useEffect(() => {
    editor.current?.setProblems(props.problems);
  }, [props.problems, isReady]);
  return (
    <div class="editor">
      <div ref={host} class="editor-host" hidden={!isReady} />
      {!isReady && (
        <textarea
          aria-label="Scenario, in YAML"
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
            props.onChange(event.currentTarget.value);
          }}
        />
      )}
    </div>
  );
}
