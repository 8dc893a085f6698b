import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { JSX } from "preact";

import { Engine } from "./engine/client.js";
import type { Answer, NamedFile, Opened, ScenarioAnswer } from "./engine/protocol.js";
import { contentOf, EXAMPLES, type Example } from "./examples.js";
import { fetchAll, later } from "./later.js";
import { filesOf, servedList, type Served } from "./share/served.js";
import { DEFAULTS, SCENARIO_DEFAULTS, type ScenarioSettings, type Settings } from "./settings.js";
import { droppedFiles, type Dropped } from "./share/dropped.js";
import { linkOf, sharedIn } from "./share/link.js";
import { PRINT, ThemeContext, type ThemeChoice } from "./theme.js";
import { AnswerView } from "./views/answer-view.js";
import type { ScenarioViewProps } from "./views/scenario-view.js";
import { CaptureView } from "./views/capture-view.js";
import { Icon } from "./views/icons.js";
import { Landing, OpenButtons } from "./views/landing.js";
import { Problem, Working } from "./views/parts.js";
import { ShareButton } from "./views/share-button.js";

/** What the page shows. */
type Page =
  | { readonly kind: "landing" }
  | {
      readonly kind: "capture";
      readonly opened: Opened & { kind: "capture" };
      readonly files: readonly NamedFile[];
      readonly isExample: boolean;
    }
  | {
      readonly kind: "scenario";
      readonly name: string;
      readonly text: string;
      readonly run: ScenarioAnswer | undefined;
    }
  | { readonly kind: "answer"; readonly name: string; readonly answer: Answer };

export function App(): JSX.Element {
  const theme = useThemeChoice();
  const [page, setPage] = useState<Page>({ kind: "landing" });
  const [settings, setSettings] = useState<Settings>(DEFAULTS);
  const [scenario, setScenario] = useState<ScenarioSettings>(SCENARIO_DEFAULTS);
  const [problem, setProblem] = useState("");
  const [isOpening, setOpening] = useState("");
  const engine = useMemo(() => new Engine(), []);
  const sampler = useMemo(() => new Engine(), []);
  const sampled = useRef<readonly NamedFile[] | undefined>(undefined);

  const open = useCallback(
    async ({ name, files }: Dropped, isExample = false, wanted: Settings = DEFAULTS) => {
      setProblem("");
      setOpening(name);
      try {
        const opened = await engine.open(name, files);
        sampled.current = undefined;
        if (opened.kind === "capture") {
          setSettings(wanted);
          setPage({ kind: "capture", opened, files, isExample });
        } else if (opened.kind === "answer") {
          setPage({ kind: "answer", name, answer: opened.answer });
        } else {
          const run = opened.kind === "run" ? opened.run : undefined;
          const text = opened.kind === "scenario" ? opened.text : "";
          setScenario(SCENARIO_DEFAULTS);
          setPage({ kind: "scenario", name, text, run });
        }
        document.title = `${name} · virtio-mem explorer`;
      } catch (error) {
        setProblem(error instanceof Error ? error.message : String(error));
      }
      setOpening("");
    },
    [engine],
  );

  const openExample = useCallback(
    async ({ file }: Pick<Example, "file">, wanted?: Settings) => {
      try {
        const content = await contentOf(file);
        await open({ name: file, files: [{ path: file, file: content }] }, true, wanted);
      } catch (error) {
        setProblem(error instanceof Error ? error.message : String(error));
      }
    },
    [open],
  );

  const served = useMemo(servedList, []);
  const openServed = async (one: Served): Promise<void> => {
    try {
      await open(await filesOf(one));
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };

  const openSampler = useCallback(async () => {
    if (page.kind !== "capture" || sampled.current === page.files) return;
    await sampler.open(page.opened.name, page.files);
    sampled.current = page.files;
  }, [page, sampler]);

  const openLink = useCallback(async () => {
    try {
      const shared = await sharedIn(location.hash);
      if (shared?.kind === "scenario") {
        setScenario({ ...SCENARIO_DEFAULTS, ...shared.settings });
        setPage({ kind: "scenario", name: shared.name, text: shared.text, run: undefined });
      } else if (shared?.kind === "example") {
        await openExample({ file: shared.name }, { ...DEFAULTS, ...shared.settings });
      }
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  }, [openExample]);

  useEffect(() => {
    void openLink();
    fetchAll().then(
      () => {
        document.documentElement.dataset.loaded = "";
      },
      () => undefined,
    );
    const hear = (): void => void openLink();
    addEventListener("hashchange", hear);
    const [first] = served;
    if (first !== undefined) void openServed(first);
    return () => {
      removeEventListener("hashchange", hear);
    };
  }, []);
  const isOver = useDrop((dropped) => void open(dropped), setProblem);

  const share = async (text: string): Promise<string> => {
    if (page.kind === "scenario") {
      return linkOf({ kind: "scenario", name: page.name, text, settings: scenario }, location.href);
    }
    if (page.kind === "capture" && page.isExample) {
      return linkOf({ kind: "example", name: page.opened.name, settings }, location.href);
    }
    throw new Error("a capture does not fit into a link: save it as a file");
  };

  return (
    <ThemeContext.Provider value={theme.theme}>
      <div class={isOver ? "app is-over" : "app"}>
        <header class="top">
          <button type="button" class="brand" onClick={() => setPage({ kind: "landing" })}>
            <Mark /> virtio-mem explorer
          </button>
          {served.length > 1 ? (
            <ServedPicker
              served={served}
              name={nameOf(page)}
              onPick={(one) => void openServed(one)}
            />
          ) : (
            <span class="top-name">{nameOf(page)}</span>
          )}
          <span class="spring" />
          {page.kind !== "landing" && <OpenButtons onFiles={(dropped) => void open(dropped)} />}
          {page.kind === "capture" && page.isExample && <ShareButton link={() => share("")} />}
          <ThemeButton choice={theme.choice} onPick={theme.pick} />
        </header>
        <main>
          {problem !== "" && <Problem words={problem} onClose={() => setProblem("")} />}
          {isOpening !== "" && (
            <Working words={`Opening ${isOpening}`} share={undefined} onStop={undefined} />
          )}
          {page.kind === "landing" && (
            <Landing
              onFiles={(dropped) => void open(dropped)}
              onExample={(example) => void openExample(example)}
            />
          )}
          {page.kind === "capture" && (
            <CaptureView
              key={page.opened.name}
              name={page.opened.name}
              devices={page.opened.devices}
              settings={settings}
              onSettings={setSettings}
              engine={engine}
              sampler={sampler}
              openSampler={openSampler}
            />
          )}
          {page.kind === "answer" && (
            <AnswerView name={page.name} answer={page.answer} engine={engine} />
          )}
          {page.kind === "scenario" && (
            <LaterScenarioView
              key={page.name + page.text}
              name={page.name}
              text={page.text}
              opened={page.run}
              settings={scenario}
              onSettings={setScenario}
              engine={engine}
              link={share}
            />
          )}
        </main>
        <footer class="foot">
          Nothing leaves this machine: the engine runs in this tab, and the page sends no request
          once it has loaded. {EXAMPLES.length} examples come with it.
        </footer>
      </div>
    </ThemeContext.Provider>
  );
}

/** The view of scenarios, once it has come. */
function LaterScenarioView(props: ScenarioViewProps): JSX.Element {
  const [View, setView] = useState<((props: ScenarioViewProps) => JSX.Element) | undefined>();
  const [problem, setProblem] = useState("");
  useEffect(() => {
    later.scenario().then(
      ({ ScenarioView }) => setView(() => ScenarioView),
      (error: unknown) =>
        setProblem(`the view of scenarios cannot be shown here: ${String(error)}`),
    );
  }, []);
  if (problem !== "") return <Problem words={problem} />;
  return View === undefined ? (
    <Working words="Loading" share={undefined} onStop={undefined} />
  ) : (
    <View {...props} />
  );
}

function nameOf(page: Page): string {
  if (page.kind === "landing") return "";
  if (page.kind === "capture") return page.opened.name;
  return page.name;
}

/** Which of the files of the command line is shown. */
function ServedPicker(props: {
  served: readonly Served[];
  name: string;
  onPick: (served: Served) => void;
}): JSX.Element {
  const { served, name, onPick } = props;
  const at = served.findIndex((one) => one.name === name);
  return (
    <select
      aria-label="File"
      value={String(at)}
      onChange={(event) => {
        const picked = served[Number(event.currentTarget.value)];
        if (picked !== undefined) onPick(picked);
      }}
    >
      {at === -1 && <option value="-1">{name === "" ? "Open" : name}</option>}
      {served.map((one, index) => (
        <option key={index} value={String(index)}>
          {one.name}
        </option>
      ))}
    </select>
  );
}

function Mark(): JSX.Element {
  return (
    <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
      <rect x="1" y="1" width="8" height="8" rx="1.5" class="mark-gone" />
      <rect x="11" y="1" width="8" height="8" rx="1.5" class="mark-gone" />
      <rect x="1" y="11" width="8" height="8" rx="1.5" class="mark-held" />
      <rect x="11" y="11" width="8" height="8" rx="1.5" class="mark-gone" />
    </svg>
  );
}

const NEXT: Readonly<Record<ThemeChoice, ThemeChoice>> = {
  auto: "light",
  light: "dark",
  dark: "auto",
};

const ICONS = { auto: "auto", light: "sun", dark: "moon" } as const;

function ThemeButton(props: {
  choice: ThemeChoice;
  onPick: (choice: ThemeChoice) => void;
}): JSX.Element {
  return (
    <button
      type="button"
      class="theme"
      title="Light, dark, or as the system"
      onClick={() => props.onPick(NEXT[props.choice])}
    >
      <Icon name={ICONS[props.choice]} words={`Colours: ${props.choice}`} />
    </button>
  );
}

function useThemeChoice() {
  const query = useMemo(() => matchMedia("(prefers-color-scheme: dark)"), []);
  const [isDark, setDark] = useState(query.matches);
  const [choice, setChoice] = useState<ThemeChoice>("auto");
  useEffect(() => {
    const hear = (): void => setDark(query.matches);
    query.addEventListener("change", hear);
    return () => {
      query.removeEventListener("change", hear);
    };
  }, [query]);
  useEffect(() => {
    const { dataset } = document.documentElement;
    if (choice === "auto") delete dataset.theme;
    else dataset.theme = choice;
  }, [choice]);
  const isPrinted = usePrinted();
  const dark = !isPrinted && (choice === "auto" ? isDark : choice === "dark");
  const theme = useMemo(() => ({ isDark: dark }), [dark]);
  return { theme, choice, pick: setChoice };
}

/** Is the page being printed? Pictures are drawn in light colours first, then it is. */
function usePrinted(): boolean {
  const [isPrinted, setPrinted] = useState(false);
  useEffect(() => {
    const print = (): void => {
      setPrinted(true);
      // one frame to render, one to draw
      requestAnimationFrame(() =>
        requestAnimationFrame(() =>
          setTimeout(() => {
            window.print();
            setPrinted(false);
          }),
        ),
      );
    };
    addEventListener(PRINT, print);
    return () => {
      removeEventListener(PRINT, print);
    };
  }, []);
  return isPrinted;
}

/** The whole page takes what is dropped on it. */
function useDrop(onFiles: (dropped: Dropped) => void, onProblem: (words: string) => void): boolean {
  const [isOver, setOver] = useState(false);
  const latest = useRef({ onFiles, onProblem });
  latest.current = { onFiles, onProblem };
  useEffect(() => {
    const over = (event: DragEvent): void => {
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      setOver(false);
      if (event.dataTransfer === null) return;
      droppedFiles(event.dataTransfer).then(
        (dropped) => {
          if (dropped === undefined)
            latest.current.onProblem("what is dropped must be a file or a folder");
          else latest.current.onFiles(dropped);
        },
        (error: unknown) => {
          latest.current.onProblem(error instanceof Error ? error.message : String(error));
        },
      );
    };
    addEventListener("dragover", over);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
    };
  }, []);
  return isOver;
}
