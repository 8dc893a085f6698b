import { useEffect, useRef, useState } from "preact/hooks";
import type { JSX } from "preact";

import { Moment, type Timeline } from "../engine/protocol.js";
import { nextOf } from "../map/moments.js";
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
  usePlay({ isPlaying, at, count, onMove, onEnd: () => setPlaying(false) });
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

interface Play {
  readonly isPlaying: boolean;
  readonly at: number;
  readonly count: number;
  readonly onMove: (at: number) => void;
  readonly onEnd: () => void;
}

function usePlay(play: Play): void {
  const latest = useRef(play);
  latest.current = play;
  useEffect(() => {
    if (!play.isPlaying) return undefined;
    let handle = 0;
    let before = performance.now();
    let exact = latest.current.at >= latest.current.count ? 0 : latest.current.at;
    const step = (now: number): void => {
      const { count, onMove, onEnd } = latest.current;
      exact = Math.min(count, exact + (Math.max(1, now - before) / PLAY_MS) * count);
      before = now;
      onMove(Math.floor(exact));
      if (exact >= count) onEnd();
      else handle = requestAnimationFrame(step);
    };
    handle = requestAnimationFrame(step);
    return () => {
      cancelAnimationFrame(handle);
    };
  }, [play.isPlaying]);
}
