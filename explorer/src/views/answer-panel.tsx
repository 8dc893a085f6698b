import { useEffect, useState } from "preact/hooks";
import type { JSX } from "preact";

import type { WhatIf } from "../../../src/index.js";
import { WHAT_IFS, WHAT_IF_NAMES } from "../../../src/predict/what-if.js";
import { parseSize } from "../../../src/units.js";
import type { Answer, OpenedDevice } from "../engine/protocol.js";
import { fateColour } from "../map/colours.js";
import { useTheme } from "../theme.js";
import type { Fate } from "../../../src/report/region-map.js";
import { formatCount, formatDuration, formatRoughSize } from "../words.js";

/** What only a new guest can have: it cannot be switched on for this one. */
const NOT_ON_THE_SPOT: readonly string[] = ["online-movable", "reboot"];

export function Headline({
  answer,
  isSure,
  done,
}: {
  answer: Answer;
  isSure: boolean;
  done: readonly string[];
}): JSX.Element {
  const { prediction, headline, interval } = answer;
  const certain = prediction.interval[0] === prediction.interval[1];
  return (
    <div class="headline">
      <h1>{headline}</h1>
      {done.length > 0 && (
        <p class="with">
          With what is switched on below: {done.join(", ")}. The interval is drawn without it.
        </p>
      )}
      <p class="interval">
        {!isSure ? (
          done.length > 0 ? (
            ""
          ) : (
            "Drawing guests for the interval…"
          )
        ) : certain ? (
          "No doubt about the size is left."
        ) : (
          <>
            <b>{interval}</b> stay plugged
          </>
        )}
      </p>
    </div>
  );
}

interface Part {
  readonly fate: Fate;
  readonly size: number;
}

/** The plugged memory as a bar: what comes back, what stays and why; the interval below it. */
export function SizeBar({ answer, isSure }: { answer: Answer; isSure: boolean }): JSX.Element {
  const theme = useTheme();
  const { prediction, reasons, untried } = answer;
  const { pluggedSizeBefore, pluggedSizeAfter, requestedSize, interval } = prediction;
  const whole = Math.max(pluggedSizeBefore, pluggedSizeAfter, requestedSize, 1);
  const held = reasons.reduce((sum, { size }) => sum + size, 0);
  const stays = Math.max(0, Math.min(pluggedSizeAfter, pluggedSizeBefore) - held - untried);
  const parts: Part[] = [
    ...reasons.map(({ group, size }) => ({ fate: group as Fate, size })),
    { fate: "stays", size: stays + untried },
    { fate: "added", size: Math.max(0, pluggedSizeAfter - pluggedSizeBefore) },
    { fate: "given-back", size: Math.max(0, pluggedSizeBefore - pluggedSizeAfter) },
  ];
  const scale = 1000 / whole;
  let x = 0;
  const bars = parts
    .filter(({ size }) => size > 0)
    .map(({ fate, size }, at) => {
      const from = x;
      x += size * scale;
      // a sliver of a terabyte is still to be seen
      const width = Math.max(size * scale, 4);
      return (
        <rect key={at} x={from} y={0} width={width} height={22} fill={fateColour(fate, theme)} />
      );
    });
  const [low, high] = interval;
  const words = `Of ${formatRoughSize(pluggedSizeBefore)} plugged, ${formatRoughSize(pluggedSizeAfter)} stay; ${formatRoughSize(requestedSize)} are requested.`;
  return (
    <svg
      class="size-bar"
      viewBox="0 0 1000 40"
      preserveAspectRatio="none"
      role="img"
      aria-label={words}
    >
      <rect x={0} y={0} width={1000} height={22} class="size-bar-ground" />
      {bars}
      {isSure && high > low && (
        <rect
          class="size-bar-interval"
          x={low * scale}
          y={27}
          width={Math.max(4, (high - low) * scale)}
          height={5}
        />
      )}
      <rect
        class="size-bar-mark"
        x={Math.min(996, requestedSize * scale)}
        y={0}
        width={4}
        height={36}
      />
    </svg>
  );
}

export function RequestedSize(props: {
  device: OpenedDevice;
  value: number;
  plugged: number | undefined;
  onChange: (bytes: number) => void;
}): JSX.Element {
  const { device, value, plugged, onChange } = props;
  const { regionSize, blockSize } = device;
  const [text, setText] = useState(formatRoughSize(value));
  const [problem, setProblem] = useState("");
  useEffect(() => {
    setText(formatRoughSize(value));
    setProblem("");
  }, [value]);
  const submit = (event: Event): void => {
    event.preventDefault();
    try {
      const size = parseSize(text, "requested size");
      onChange(text.includes(".") ? Math.round(size / blockSize) * blockSize : size);
      setProblem("");
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <div class="requested">
      <form onSubmit={submit}>
        <label class="field">
          <span>Requested size</span>
          <input
            value={text}
            inputMode="text"
            aria-invalid={problem !== ""}
            onInput={(event) => setText(event.currentTarget.value)}
            onBlur={submit}
          />
        </label>
      </form>
      <input
        type="range"
        min={0}
        max={Math.floor(regionSize / blockSize)}
        value={Math.round(value / blockSize)}
        aria-label="Requested size"
        aria-valuetext={formatRoughSize(value)}
        onInput={(event) => onChange(Number(event.currentTarget.value) * blockSize)}
      />
      <div class="range-ends faint">
        <span>0</span>
        {plugged !== undefined && <span>plugged now: {formatRoughSize(plugged)}</span>}
        <span>{formatRoughSize(regionSize)}</span>
      </div>
      {problem !== "" && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}

export function Facts({ answer }: { answer: Answer }): JSX.Element {
  const { prediction, kernel } = answer;
  const { cost, retries } = prediction;
  const rows: [string, string][] = [
    ["Plugged", formatRoughSize(prediction.pluggedSizeBefore)],
    ["Requested", formatRoughSize(prediction.requestedSize)],
    ["Predicted", formatRoughSize(prediction.pluggedSizeAfter)],
    ["Moved", pagesWords(cost.movedPages)],
    ["Dropped", cost.droppedPages === 0 ? "" : `${pagesWords(cost.droppedPages)} of file cache`],
    ["Scanned", cost.scannedPages === 0 ? "" : pagesWords(cost.scannedPages)],
    ["Attempts", `${formatCount(cost.attempts)}, ${formatCount(cost.failedAttempts)} failed`],
    [
      "Time (virtual)",
      `${formatDuration(prediction.virtualMs)}, ${formatCount(cost.requests, "request")}`,
    ],
    [
      "Retries",
      retries.length === 0 ? "" : `after ${retries.slice(0, 3).map(formatDuration).join(", ")}`,
    ],
    ["Kernel", kernel ?? prediction.profile],
    ["Policy", prediction.policy],
  ];
  return (
    <dl class="facts">
      {rows
        .filter(([, value]) => value !== "")
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

function pagesWords(pages: number): string {
  return `${formatCount(pages, "page")} (${formatRoughSize(pages * 4096)})`;
}

export interface WhatIfProps {
  readonly done: readonly WhatIf[];
  /** What each brings by itself; undefined while that is being found out. */
  readonly gains: Answer["prediction"]["whatIf"];
  /** What was gained by those that are switched on, once that is known. */
  readonly together: number | undefined;
  readonly onChange: (done: readonly WhatIf[]) => void;
}

/** What could be done in the guest before: each with what it brings, and a switch. */
export function WhatIfs({ done, gains, together, onChange }: WhatIfProps): JSX.Element {
  const gainOf = (name: string): number | undefined =>
    gains?.find(({ whatIf }) => whatIf.length === 1 && whatIf[0] === name)?.gain;
  const words = (name: string): string => {
    const gain = gainOf(name);
    if (gain === undefined) return "…";
    return gain === 0
      ? "nothing"
      : gain < 0
        ? `−${formatRoughSize(-gain)}`
        : `+${formatRoughSize(gain)}`;
  };
  return (
    <div>
      <ul class="what-ifs">
        {WHAT_IF_NAMES.map((name) => {
          const isFixed = NOT_ON_THE_SPOT.includes(name);
          const isOn = done.includes(name);
          return (
            <li key={name} class={gainOf(name) === 0 ? "faint-row" : ""}>
              <label>
                {isFixed ? (
                  <span class="no-switch" aria-hidden="true" />
                ) : (
                  <input
                    type="checkbox"
                    role="switch"
                    checked={isOn}
                    onChange={() =>
                      onChange(isOn ? done.filter((one) => one !== name) : [...done, name])
                    }
                  />
                )}
                <span>
                  {WHAT_IFS[name]} <code>{name}</code>
                </span>
              </label>
              <b class="gain">{words(name)}</b>
            </li>
          );
        })}
      </ul>
      {done.length > 0 && together !== undefined && (
        <p class="together" role="status">
          Together they return{" "}
          {together > 0 ? <b>{formatRoughSize(together)} more</b> : "nothing more"}.
        </p>
      )}
    </div>
  );
}
