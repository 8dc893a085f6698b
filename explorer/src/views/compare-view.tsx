import { useRef, useState } from "preact/hooks";
import type { JSX } from "preact";

import { POLICIES } from "../../../src/policies/choice/registry.js";
import { PROFILE_NAMES } from "../../../src/linux/profile.js";
import { CallError, type CallOptions } from "../engine/client.js";
import type { ComparisonAnswer } from "../engine/protocol.js";
import { pngOf, save } from "../share/save.js";
import { SaveMenu } from "./save-menu.js";
import { Card, Problem, Working } from "./parts.js";

export interface Choice {
  readonly policies: readonly string[];
  readonly profiles: readonly string[];
}

export interface CompareViewProps {
  /** Policies that only a scenario can have are left out. */
  readonly isOnCapture: boolean;
  readonly run: (choice: Choice, options: CallOptions) => Promise<ComparisonAnswer>;
}

/** As a line of the table is called. */
const MOVED = "Pages moved";
const FIRST_CHOICE = ["linux", "sense-first", "free-areas-first"];

export function CompareView({ isOnCapture, run }: CompareViewProps): JSX.Element {
  const [policies, setPolicies] = useState<readonly string[]>(FIRST_CHOICE);
  const [profiles, setProfiles] = useState<readonly string[]>([]);
  const [own, setOwn] = useState("");
  const [share, setShare] = useState<number | undefined>();
  const [problem, setProblem] = useState("");
  const [result, setResult] = useState<ComparisonAnswer | undefined>();
  const stop = useRef<AbortController | undefined>(undefined);

  const start = async (): Promise<void> => {
    const extra = own
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "");
    stop.current = new AbortController();
    setShare(0);
    setProblem("");
    try {
      const choice = { policies: [...policies, ...extra], profiles };
      const options = { signal: stop.current.signal, onProgress: setShare };
      setResult(await run(choice, options));
    } catch (error) {
      if (!(error instanceof CallError && error.kind === "stopped")) {
        setProblem(error instanceof Error ? error.message : String(error));
      }
    }
    setShare(undefined);
  };

  const shown = POLICIES.filter(
    ({ memmap, controller, online }) =>
      !isOnCapture || (memmap === undefined && controller === undefined && online === undefined),
  );
  const isAll = shown.every(({ name }) => policies.includes(name));
  return (
    <>
      <Card title="Compare policies and kernels">
        <fieldset class="choices">
          <legend>
            Policies{" "}
            <button
              type="button"
              class="link"
              onClick={() => setPolicies(isAll ? FIRST_CHOICE : shown.map(({ name }) => name))}
            >
              {isAll ? "three of them" : "all"}
            </button>
          </legend>
          {shown.map(({ name, summary }) => (
            <label key={name} title={summary}>
              <input
                type="checkbox"
                checked={policies.includes(name)}
                onChange={() => setPolicies(toggled(policies, name))}
              />
              {name}
            </label>
          ))}
        </fieldset>
        <label class="field">
          <span>Others: joined by +, several by commas</span>
          <input
            value={own}
            placeholder="sense-first+isolate-first"
            onInput={(event) => setOwn(event.currentTarget.value)}
          />
        </label>
        <details>
          <summary>
            Kernels:{" "}
            {profiles.length === 0
              ? isOnCapture
                ? "as captured"
                : "the scenario's own"
              : profiles.join(", ")}
          </summary>
          <fieldset class="choices">
            <legend class="visually-hidden">Kernels</legend>
            {PROFILE_NAMES.map((name) => (
              <label key={name}>
                <input
                  type="checkbox"
                  checked={profiles.includes(name)}
                  onChange={() => setProfiles(toggled(profiles, name))}
                />
                {name}
              </label>
            ))}
          </fieldset>
        </details>
        <div class="row">
          <button
            type="button"
            class="primary"
            disabled={share !== undefined}
            onClick={() => void start()}
          >
            Compare
          </button>
          {share !== undefined && (
            <Working words="Comparing" share={share} onStop={() => stop.current?.abort()} />
          )}
        </div>
        {problem !== "" && <Problem words={problem} onClose={() => setProblem("")} />}
      </Card>
      {result !== undefined && <ComparisonCard result={result} />}
    </>
  );
}

function toggled(names: readonly string[], name: string): string[] {
  return names.includes(name) ? names.filter((one) => one !== name) : [...names, name];
}

/** What people ask first, whatever else the sentence found more important. */
function FewestMoved({ result }: { result: ComparisonAnswer }): JSX.Element | null {
  const row = result.rows.find(({ title }) => title === MOVED);
  if (row === undefined || row.best.length === 0) return null;
  const names = row.best.map((at) => result.columns[at]?.title ?? "");
  const [least = 0] = row.best;
  const verb = names.length === 1 ? "moves" : "move";
  return (
    <p class="hint">
      {names.join(", ")} {verb} fewest pages: {row.cells[least]}.
    </p>
  );
}

function ComparisonCard({ result }: { result: ComparisonAnswer }): JSX.Element {
  const { sentence, columns, rows, svg, text, comparison } = result;
  const aside = (
    <SaveMenu
      choices={[
        ["SVG", () => save("comparison.svg", "image/svg+xml", svg)],
        ["PNG", async () => save("comparison.png", "image/png", await pngOf(svg))],
        ["JSON", () => save("comparison.json", "application/json", JSON.stringify(comparison))],
        ["CSV", () => save("comparison.csv", "text/csv", csvOf(result))],
        ["Text", () => save("comparison.txt", "text/plain", text)],
      ]}
    />
  );
  return (
    <Card title="Result" aside={aside}>
      <p class="sentence" role="status">
        {sentence}
      </p>
      <FewestMoved result={result} />
      <div class="scroll" tabIndex={0} role="region" aria-label="Comparison">
        <table class="comparison">
          <thead>
            <tr>
              <th scope="col">
                <span class="visually-hidden">Figure</span>
              </th>
              {columns.map(({ title, note }) => (
                <th key={title} scope="col">
                  {title}
                  {note !== "" && <span class="problem"> {note}</span>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ title, cells, values, best }) => {
              const most = Math.max(...values.map((value) => value ?? 0), 1e-9);
              return (
                <tr key={title}>
                  <th scope="row">{title}</th>
                  {cells.map((cell, at) => (
                    <td key={at} class={best.includes(at) ? "number best" : "number"}>
                      {cell}
                      {best.includes(at) && <span class="visually-hidden"> (best)</span>}
                      <svg
                        class="bar"
                        viewBox="0 0 100 4"
                        preserveAspectRatio="none"
                        aria-hidden="true"
                      >
                        <rect width={Math.max(0, (100 * (values[at] ?? 0)) / most)} height="4" />
                      </svg>
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <p class="hint">Bold is best in its line. Medians over the seeds.</p>
    </Card>
  );
}

function csvOf({ columns, rows }: ComparisonAnswer): string {
  const quoted = (text: string): string =>
    /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  const head = ["figure", ...columns.map(({ title }) => title)];
  const lines = rows.map(({ title, values }) => [
    title,
    ...values.map((value) => (value === null ? "" : String(value))),
  ]);
  return `${[head, ...lines].map((line) => line.map(quoted).join(",")).join("\n")}\n`;
}
