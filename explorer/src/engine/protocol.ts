// What the page and its worker say to each other. Arrays are handed over, not copied.

import type { Comparison, Prediction, ScenarioResult, WhatIf } from "../../../src/index.js";

/** A file that was dropped, with its path within what was dropped. */
export interface NamedFile {
  readonly path: string;
  readonly file: Blob;
}

/** A device of an opened capture. */
export interface OpenedDevice {
  readonly name: string;
  readonly regionSize: number;
  readonly blockSize: number;
}

/** What opening came to. */
export type Opened =
  | {
      readonly kind: "capture";
      readonly name: string;
      readonly release: string | null;
      readonly devices: readonly OpenedDevice[];
    }
  | { readonly kind: "scenario"; readonly name: string; readonly text: string }
  | { readonly kind: "answer"; readonly name: string; readonly answer: Answer }
  | { readonly kind: "run"; readonly name: string; readonly run: ScenarioAnswer };

/** What is asked of a device of the opened capture. */
export interface Asked {
  readonly device: number;
  readonly requestedSize: number;
  /** A version of Linux, or `auto`. */
  readonly profile: string;
  /** Names joined by `+`; `linux` is what the version does. */
  readonly policy: string;
  /** What is done in the guest before. */
  readonly done: readonly WhatIf[];
}

/** How a region is divided: all that the geometry of a map needs. */
export interface Region {
  readonly regionStart: number;
  readonly regionSize: number;
  readonly memoryBlockSize: number;
  /** Bytes of a cell: a subblock, or a memory block where subblocks are larger. */
  readonly cellSize: number;
  readonly cells: number;
}

/** What is to be drawn of a region, a byte per cell each. */
export interface Picture {
  readonly region: Region;
  /** Index into FATES. */
  readonly fate: Uint8Array;
  /** Chance to stay plugged, 0 to 255. */
  readonly stay: Uint8Array;
  /** What PageLook tells, before and after; missing for results without a guest. */
  readonly before?: Uint8Array;
  readonly after?: Uint8Array;
  /** Zone and migratetype, before. */
  readonly zones?: Uint8Array;
  /** By index of the zone. */
  readonly zoneNames?: readonly string[];
}

/** Why a cell stays. */
export interface Blocked {
  readonly cell: number;
  readonly cells: number;
  readonly pfn: number | null;
  readonly class: string | null;
  readonly stage: string;
  readonly heldBy: string;
  readonly group: string;
  readonly tries: number;
}

/** What was held in one memory block. */
export interface BlockRow {
  readonly id: number;
  readonly offset: number;
  readonly state: string;
  readonly zone: string | null;
  readonly pluggedBefore: number;
  readonly pluggedAfter: number;
  readonly held: number;
  readonly mostly: string;
}

export interface ReasonRow {
  readonly group: string;
  readonly heldBy: string;
  readonly size: number;
  readonly subblocks: number;
}

export interface SuggestionRow {
  readonly size: number;
  readonly gain: number | null;
  readonly text: string;
}

/** An answer as it is shown. */
export interface Answer {
  readonly prediction: Prediction;
  readonly headline: string;
  readonly interval: string;
  readonly kernel: string | null;
  readonly reasons: readonly ReasonRow[];
  readonly untried: number;
  readonly suggestions: readonly SuggestionRow[];
  readonly blocks: readonly BlockRow[];
  readonly blocked: readonly Blocked[];
  readonly picture: Picture;
  readonly fateLabels: readonly string[];
}

/** Kinds of {@link Timeline.kind}. */
export const Moment = {
  Plug: 1,
  Unplug: 2,
  Refused: 3,
  Failed: 4,
  Taken: 5,
  RunStart: 6,
  RunEnd: 7,
  Retry: 8,
  Requested: 9,
} as const;

/** What happened to a device, in order, an element each. */
export interface Timeline {
  readonly region: Region;
  readonly atMs: Float64Array;
  readonly kind: Uint8Array;
  readonly cell: Uint32Array;
  readonly cells: Uint32Array;
  /** Pages moved; bytes of a size for RunStart, RunEnd and Requested. */
  readonly value: Float64Array;
  /** Index into FATES for Failed. */
  readonly reason: Uint8Array;
  /** First page that blocked, for Failed. */
  readonly pfn: Float64Array;
  /** Length of the guest's log then, by which the moment is found again. */
  readonly entry: Float64Array;
  /** 1 where the cell is plugged at the start. */
  readonly pluggedAtStart: Uint8Array;
  readonly startMs: number;
  readonly endMs: number;
  /** Events that found no room are missing at the end. */
  readonly dropped: number;
}

/**
 * A moment of a run: before it, after it, or when the log of its guest had so many entries.
 */
export type When = "before" | "after" | number;

/** What PageLook tells of each cell at a moment. */
export interface MomentLook {
  readonly look: Uint8Array;
  readonly zones: Uint8Array;
}

/** A run on its way: what is plugged, and what was refused, so far. */
export interface LiveFrame {
  readonly region: Region;
  /** Index into FATES, a byte per cell. */
  readonly fate: Uint8Array;
  readonly pluggedSize: number;
  /** Virtual milliseconds. */
  readonly ms: number;
}

/** What a run of a capture came to without samples: at once. */
export interface QuickAnswer {
  readonly answer: Answer;
  readonly timeline: Timeline;
}

/** Samples of all kinds of memory, by time. */
export interface Kinds {
  readonly atMs: readonly number[];
  readonly names: readonly string[];
  /** Bytes by kind, then by time. */
  readonly sizes: readonly (readonly number[])[];
  readonly zoneNames: readonly string[];
  readonly zoneUsed: readonly (readonly number[])[];
}

export interface ScenarioAnswer {
  readonly result: ScenarioResult;
  readonly words: string;
  readonly kinds: Kinds | null;
  readonly timelines: readonly Timeline[];
  /** What PageLook tells of each device, by the times of {@link Kinds}. */
  readonly frames: readonly (readonly Uint8Array[])[];
  /** What was run, to ask more of it; null for a result that was opened. */
  readonly asked: Calls["run"]["in"] | null;
}

export interface ComparisonAnswer {
  readonly comparison: Comparison;
  readonly sentence: string;
  readonly columns: readonly { readonly title: string; readonly note: string }[];
  /** A line per figure. */
  readonly rows: readonly {
    readonly title: string;
    readonly cells: readonly string[];
    readonly values: readonly (number | null)[];
    readonly best: readonly number[];
  }[];
  readonly svg: string;
  readonly text: string;
}

/** Where a scenario is wrong, as places in its text. */
export interface Problem {
  readonly from: number;
  readonly to: number;
  readonly words: string;
}

/** Formats in which a result leaves the page. */
export interface Exported {
  readonly name: string;
  readonly type: string;
  readonly text: string;
}

/** Each call: what goes in and what comes out. */
export interface Calls {
  open: { in: { name: string; files: readonly NamedFile[]; folder?: string }; out: Opened };
  quick: { in: Asked; out: QuickAnswer };
  full: { in: Asked; out: Answer };
  pages: { in: { when: When; firstPfn: number; count: number }; out: Uint8Array };
  moment: { in: { entry: number }; out: MomentLook };
  check: { in: { text: string; name: string }; out: readonly Problem[] };
  run: {
    in: { text: string; name: string; policy: string; profile: string; seed: string };
    out: ScenarioAnswer;
  };
  scenarioPages: {
    in: { asked: Calls["run"]["in"]; atMs: number; firstPfn: number; count: number };
    out: Uint8Array;
  };
  compareCapture: {
    in: { asked: Asked; policies: readonly string[]; profiles: readonly string[] };
    out: ComparisonAnswer;
  };
  compareScenario: {
    in: {
      text: string;
      name: string;
      policies: readonly string[];
      profiles: readonly string[];
      seeds: number;
    };
    out: ComparisonAnswer;
  };
  exportAnswer: {
    in: { prediction: Prediction; format: "svg" | "json" | "text" | "csv" };
    out: string;
  };
  exportRun: {
    in: { result: ScenarioResult; format: "svg" | "json" | "csv" | "text" };
    out: string;
  };
}

export type CallName = keyof Calls;

/** To the worker. */
export type ToWorker =
  | { readonly call: CallName; readonly id: number; readonly input: unknown }
  | { readonly abort: number };

/** From the worker. */
export type FromWorker =
  | { readonly id: number; readonly output: unknown }
  | { readonly id: number; readonly failure: Failure }
  | { readonly id: number; readonly progress: number }
  | { readonly id: number; readonly frame: LiveFrame };

/** Why a call failed, in the words of the command line. */
export interface Failure {
  readonly words: string;
  readonly kind: "input" | "memory" | "stopped" | "bug";
}
