import { useEffect, useMemo, useState } from "preact/hooks";
import type { JSX } from "preact";

import type { ScenarioEvent } from "../../../src/index.js";
import { FATE_STYLES } from "../../../src/report/fate-style.js";
import type { Engine } from "../engine/client.js";
import {
  Moment,
  type Picture,
  type ScenarioAnswer,
  type Timeline,
  type When,
} from "../engine/protocol.js";
import { useThrottled } from "./throttled.js";
import { FATE_NAMES } from "../map/colours.js";
import { eventsUntil, Moments, nextOf } from "../map/moments.js";
import { eventWords, formatDuration, formatRoughSize } from "../words.js";
import { Chart, indexAt, type Line } from "./chart.js";
import { useFrames } from "./frames.js";
import { Icon } from "./icons.js";
import { MapPanel, type Shown } from "./map-panel.js";
import { Card, Picker } from "./parts.js";

const PLAY_MS = 10_000;

/** A run of a scenario: charts and the map share one time. */
export function RunView(props: {
  run: ScenarioAnswer;
  engine: Engine;
  mapHeight: number;
}): JSX.Element {
  const { run } = props;
  const { result, timelines } = run;
  const [ms, setMs] = useState(result.endedMs);
  const [device, setDevice] = useState(0);
  useEffect(() => {
    setMs(result.endedMs);
  }, [run]);
  const timeline = timelines[device];
  return (
    <>
      <RunTime run={run} timeline={timeline} ms={ms} onMove={setMs} />
      <Charts run={run} ms={ms} onCursor={setMs} />
      {timeline !== undefined && (
        <>
          {timelines.length > 1 && (
            <Picker
              label="Device"
              value={String(device)}
              choices={result.devices.map((label, index) => ({ value: String(index), label }))}
              onPick={(value) => setDevice(Number(value))}
            />
          )}
          <RunMap
            run={run}
            engine={props.engine}
            timeline={timeline}
            device={device}
            ms={ms}
            height={props.mapHeight}
          />
        </>
      )}
      <Card title="Events">
        <Events events={result.events} ms={ms} onMove={setMs} />
      </Card>
    </>
  );
}

function RunMap(props: {
  run: ScenarioAnswer;
  engine: Engine;
  timeline: Timeline;
  device: number;
  ms: number;
  height: number;
}): JSX.Element {
  const { run, engine, timeline, device, ms, height } = props;
  const pagesMs = useThrottled(ms);
  const pages = useMemo(() => {
    const { asked } = run;
    if (asked === null) return undefined;
    return (_: When, firstPfn: number, count: number) =>
      engine.call("scenarioPages", { asked, atMs: pagesMs, firstPfn, count });
  }, [run, engine, pagesMs]);
  const at = eventsUntil(timeline, ms);
  const frames = run.frames[device];
  const look = frames?.[indexAt(run.kinds?.atMs ?? [], ms)];
  const shown = useMemo((): Shown => {
    const picture: Picture = {
      region: timeline.region,
      fate: new Moments(timeline).after(timeline.kind.length).fate,
      stay: new Uint8Array(timeline.region.cells),
      ...(frames?.[0] === undefined ? {} : { before: frames[0] }),
    };
    const fateLabels = FATE_NAMES.map((fate) =>
      fate === "stays" || fate === "added" ? "plugged" : FATE_STYLES[fate].label,
    );
    return { picture, fateLabels, blocked: blockedIn(timeline), timeline };
  }, [run, timeline]);
  return (
    <MapPanel
      shown={shown}
      at={at}
      onTime={() => undefined}
      pages={pages}
      goTo={undefined}
      height={height}
      look={look}
      hasTimeBar={false}
    />
  );
}

/** What blocked at the end of the run: the last failure of each range that is still plugged. */
function blockedIn(timeline: Timeline): Shown["blocked"] {
  const last = new Map<number, Shown["blocked"][number]>();
  const { kind, cell, cells, reason, pfn } = timeline;
  for (let at = 0; at < kind.length; at++) {
    const first = cell[at] ?? 0;
    if (kind[at] === Moment.Unplug) {
      for (let one = first; one < first + (cells[at] ?? 0); one++) last.delete(one);
    }
    if (kind[at] !== Moment.Failed) continue;
    const group = FATE_NAMES[reason[at] ?? 0] ?? "other";
    const found = pfn[at] ?? -1;
    last.set(first, {
      cell: first,
      cells: cells[at] ?? 1,
      pfn: found < 0 ? null : found,
      class: null,
      stage: "",
      heldBy: FATE_STYLES[group].label,
      group,
      tries: (last.get(first)?.tries ?? 0) + 1,
    });
  }
  return [...last.values()].sort((a, b) => a.cell - b.cell);
}

const KIND_COLOURS: readonly (readonly [light: string, dark: string])[] = [
  ["#c74600", "#e2622a"],
  ["#e8c917", "#f0e442"],
  ["#4f97d1", "#3c83bb"],
  ["#a98fd6", "#9a82cc"],
  ["#cfe9da", "#25503c"],
];
const ZONE_COLOURS: readonly (readonly [light: string, dark: string])[] = [
  ["#8c97a3", "#77828e"],
  ["#e69f00", "#e69f00"],
  ["#0072b2", "#5aa9e6"],
  ["#cc79a7", "#d77fb4"],
  ["#009e73", "#14b48a"],
];

function Charts(props: {
  run: ScenarioAnswer;
  ms: number;
  onCursor: (ms: number) => void;
}): JSX.Element {
  const { run, ms, onCursor } = props;
  const { result, kinds } = run;
  const sampleMs = useMemo(() => result.samples.map(({ atMs }) => atMs), [run]);
  const sizes = useMemo((): Line[] => {
    const plugged = result.samples.map(({ pluggedSize }) => pluggedSize);
    const requested = result.samples.map(({ requestedSize }) => requestedSize);
    const used = result.samples.map(({ usedSize }) => usedSize);
    return [
      {
        label: "requested",
        values: requested,
        light: "#12161a",
        dark: "#f2f5f8",
        isStepped: true,
        isDashed: true,
      },
      { label: "plugged", values: plugged, light: "#0072b2", dark: "#5aa9e6" },
      { label: "in use, with boot memory", values: used, light: "#c74600", dark: "#e2622a" },
    ];
  }, [run]);
  const byKind = useMemo(
    () => linesOf(kinds?.names ?? [], kinds?.sizes ?? [], KIND_COLOURS),
    [run],
  );
  const byZone = useMemo(
    () => linesOf(kinds?.zoneNames ?? [], kinds?.zoneUsed ?? [], ZONE_COLOURS),
    [run],
  );
  const trouble = useMemo((): Line[] => {
    const of = (value: (sample: (typeof result.samples)[number]) => number): number[] =>
      result.samples.map(value);
    const all: Line[] = [
      {
        label: "retries",
        values: of(({ retries }) => retries),
        light: "#0072b2",
        dark: "#5aa9e6",
        isStepped: true,
      },
      {
        label: "failed attempts",
        values: of(({ failedAttempts }) => failedAttempts),
        light: "#c74600",
        dark: "#e2622a",
      },
      {
        label: "free memory no huge page can use, ‰",
        values: of(({ unusableIndex }) => unusableIndex),
        light: "#8c6bb1",
        dark: "#b79ae0",
      },
    ];
    return all.filter(({ values }) => values.some((value) => value > 0));
  }, [run]);
  const shared = { cursorMs: ms, onCursor };
  return (
    <section class="card charts" aria-label="Charts">
      <Chart title="Requested and plugged" atMs={sampleMs} lines={sizes} unit="size" {...shared} />
      {kinds !== null && (
        <>
          <Chart
            title="Memory by kind"
            atMs={kinds.atMs}
            lines={byKind}
            unit="size"
            isStacked
            {...shared}
          />
          <Chart
            title="In use by zone"
            atMs={kinds.atMs}
            lines={byZone}
            unit="size"
            isStacked
            {...shared}
          />
        </>
      )}
      {trouble.length > 0 && (
        <Chart
          title="Retries, failures, fragmentation"
          atMs={sampleMs}
          lines={trouble}
          unit="count"
          {...shared}
        />
      )}
    </section>
  );
}

function linesOf(
  names: readonly string[],
  sizes: readonly (readonly number[])[],
  colours: readonly (readonly [light: string, dark: string])[],
): Line[] {
  return names.map((label, at) => {
    const [light, dark] = colours[at % colours.length] ?? ["#888888", "#888888"];
    return { label, values: sizes[at] ?? [], light, dark };
  });
}

function RunTime(props: {
  run: ScenarioAnswer;
  timeline: Timeline | undefined;
  ms: number;
  onMove: (ms: number) => void;
}): JSX.Element {
  const { run, timeline, ms, onMove } = props;
  const { endedMs } = run.result;
  const [isPlaying, setPlaying] = useState(false);
  useFrames(isPlaying, (elapsedMs) => {
    const next = Math.min(endedMs, ms + (elapsedMs / PLAY_MS) * endedMs);
    onMove(next);
    if (next < endedMs) return true;
    setPlaying(false);
    return false;
  });
  const firstFailure = timeline === undefined ? undefined : nextOf(timeline, Moment.Failed, 0);
  const at = timeline === undefined ? 0 : eventsUntil(timeline, ms);
  const words = timeline === undefined || at === 0 ? "" : eventWords(timeline, at - 1);
  const step = (by: 1 | -1): void => {
    if (timeline === undefined) return;
    const next = by === 1 ? at : at - 2;
    const time = timeline.atMs[next];
    if (time !== undefined) onMove(time);
    else onMove(by === 1 ? endedMs : 0);
  };
  return (
    <section class="card time" aria-label="Time">
      <div class="time-buttons">
        <button type="button" onClick={() => onMove(0)}>
          <Icon name="first" words="To the beginning" />
        </button>
        <button type="button" onClick={() => step(-1)}>
          <Icon name="back" words="One event back" />
        </button>
        <button
          type="button"
          class="time-play"
          onClick={() => {
            if (ms >= endedMs) onMove(0);
            setPlaying(!isPlaying);
          }}
        >
          {isPlaying ? "Pause" : "Play"}
        </button>
        <button type="button" onClick={() => step(1)}>
          <Icon name="on" words="One event on" />
        </button>
        <button type="button" onClick={() => onMove(endedMs)}>
          <Icon name="last" words="To the end" />
        </button>
        <button
          type="button"
          disabled={firstFailure === undefined}
          onClick={() => onMove(timeline?.atMs[firstFailure ?? 0] ?? 0)}
        >
          First failure
        </button>
      </div>
      <input
        type="range"
        min={0}
        max={endedMs}
        step="any"
        value={ms}
        aria-label="Virtual time"
        aria-valuetext={formatDuration(ms)}
        onInput={(event) => onMove(Number(event.currentTarget.value))}
      />
      <p class="time-words">
        <b>{formatDuration(ms)}</b> of {formatDuration(run.result.endedMs)}
        <span class="faint"> {words === "" ? "" : `· last: ${words}`}</span>
      </p>
    </section>
  );
}

const MOST_EVENTS = 200;

function Events(props: {
  events: readonly ScenarioEvent[];
  ms: number;
  onMove: (ms: number) => void;
}): JSX.Element {
  const { events, ms, onMove } = props;
  if (events.length === 0) return <p>Nothing happened.</p>;
  return (
    <ol class="events">
      {events.slice(0, MOST_EVENTS).map((event, at) => (
        <li key={at} class={event.atMs <= ms ? "" : "faint"}>
          <button type="button" class="link" onClick={() => onMove(event.atMs)}>
            {formatDuration(event.atMs)}
          </button>{" "}
          {wordsOf(event)}
        </li>
      ))}
      {events.length > MOST_EVENTS && <li class="faint">and {events.length - MOST_EVENTS} more</li>}
    </ol>
  );
}

function wordsOf(event: ScenarioEvent): string {
  switch (event.type) {
    case "order":
      return `the host requests ${formatRoughSize(event.requestedSize)} of ${event.device}`;
    case "reached":
      return `${event.device} has reached ${formatRoughSize(event.requestedSize)}`;
    case "refused":
      return `${event.device} refuses ${formatRoughSize(event.requestedSize)}: ${event.why}`;
    case "gave-up":
      return `the driver of ${event.device} waits at ${formatRoughSize(event.pluggedSize)}: ${event.why}`;
    case "workload-start":
      return `${event.workload} starts`;
    case "workload-stop":
      return `${event.workload} ends`;
    case "drop-caches":
      return `caches of ${event.workload} are dropped`;
    case "fault":
      return `fault ${event.kind} ${event.begins ? "begins" : "ends"}`;
    case "frag-round":
      return `${event.workload} has finished round ${event.round}`;
    case "oom-kill":
      return `out of memory: ${event.victim} is killed, which had ${formatRoughSize(event.size)}`;
    case "panic":
      return `the guest panics: ${event.why}`;
  }
}
