import { useRef, useState } from "preact/hooks";
import type { JSX } from "preact";

import { Moment, type Timeline } from "../engine/protocol.js";
import { nextOf } from "../map/moments.js";
import { useFrames } from "./frames.js";
import { Icon } from "./icons.js";
import { eventWords, formatCount, formatDuration } from "../words.js";

/** How long playing all of a run takes. */
const PLAY_MS = 8000;

export interface TimeBarProps {
  readonly timeline: Timeline;
  /** Events that have happened. */
  readonly at: number;
  readonly onMove: (at: number) => void;
}

/** A slider over the events of a run. */
export function TimeBar({ timeline, at, onMove }: TimeBarProps): JSX.Element {
  const count = timeline.kind.length;
  const [isPlaying, setPlaying] = useState(false);
  const exact = useRef(0);
  useFrames(isPlaying, (elapsedMs, isFirst) => {
    if (isFirst) exact.current = at >= count ? 0 : at;
    exact.current = Math.min(count, exact.current + (Math.max(1, elapsedMs) / PLAY_MS) * count);
    onMove(Math.floor(exact.current));
    if (exact.current < count) return true;
    setPlaying(false);
    return false;
  });
  const firstFailure = nextOf(timeline, Moment.Failed, 0);
  const nextFailure = nextOf(timeline, Moment.Failed, at);
  const ms = timeline.atMs[Math.max(0, at - 1)] ?? timeline.startMs;
  const words = at === 0 ? "before the request" : eventWords(timeline, at - 1);
  const position = `${formatCount(at)} of ${formatCount(count, "event")}, ${formatDuration(ms)}: ${words}`;
  return (
    <div class="time">
      <div class="time-buttons">
        <button type="button" onClick={() => onMove(0)} title="Back to the beginning">
          <Icon name="first" words="Back to the beginning" />
        </button>
        <button type="button" onClick={() => onMove(Math.max(0, at - 1))} title="One event back">
          <Icon name="back" words="One event back" />
        </button>
        <button
          type="button"
          class="time-play"
          onClick={() => {
            if (at >= count) onMove(0);
            setPlaying(!isPlaying);
          }}
        >
          {isPlaying ? "Pause" : "Play"}
        </button>
        <button type="button" onClick={() => onMove(Math.min(count, at + 1))} title="One event on">
          <Icon name="on" words="One event on" />
        </button>
        <button type="button" onClick={() => onMove(count)} title="To the end">
          <Icon name="last" words="To the end" />
        </button>
        <button
          type="button"
          disabled={firstFailure === undefined}
          onClick={() => firstFailure !== undefined && onMove(firstFailure + 1)}
        >
          First failure
        </button>
        <button
          type="button"
          disabled={nextFailure === undefined}
          onClick={() => nextFailure !== undefined && onMove(nextFailure + 1)}
        >
          Next
        </button>
      </div>
      <input
        type="range"
        min={0}
        max={count}
        value={at}
        aria-label="Time: events of the run"
        aria-valuetext={position}
        onInput={(event) => onMove(Number(event.currentTarget.value))}
      />
      <p class="time-words" aria-live="off">
        <b>{formatDuration(ms)}</b> {words}
        <span class="faint">
          {" "}
          · {formatCount(at)} of {formatCount(count, "event")}
        </span>
      </p>
    </div>
  );
}
