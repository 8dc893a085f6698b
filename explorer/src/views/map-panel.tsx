import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { JSX } from "preact";

import type {
  Answer,
  Blocked,
  MomentLook,
  Picture,
  Region,
  Timeline,
  When,
} from "../engine/protocol.js";
import { CLASS_GROUPS, classWords, FATE_NAMES } from "../map/colours.js";
import { findSpot, type Spot } from "../map/find.js";
import { MapView, type MapControls, type PageSource } from "../map/map-view.js";
import { Moments } from "../map/moments.js";
import { bytesOf, modeOf, MODES, modesFor, type Mode, type ModeName } from "../map/modes.js";
import { useTheme } from "../theme.js";
import { useThrottled } from "./throttled.js";
import { addressOf, formatRoughSize, hex } from "../words.js";
import { TimeBar } from "./time-bar.js";
import { PAGE_SIZE } from "../../../src/units.js";

const NOTHING = new Uint8Array();
const STAYS = FATE_NAMES.indexOf("stays");

/** What a map shows, whether of a capture or of a scenario. */
export interface Shown {
  readonly picture: Picture;
  readonly fateLabels: readonly string[];
  readonly blocked: readonly Blocked[];
  readonly timeline: Timeline | undefined;
}

export function shownOf(answer: Answer, timeline: Timeline | undefined): Shown {
  const { picture, fateLabels, blocked } = answer;
  return { picture, fateLabels, blocked, timeline };
}

export interface MapPanelProps {
  readonly shown: Shown;
  /** Events that have happened; undefined: all. */
  readonly at: number | undefined;
  readonly onTime: (at: number) => void;
  readonly pages:
    ((when: When, firstPfn: number, count: number) => Promise<Uint8Array>) | undefined;
  /** Looks at the moment of an entry of the log, where there is a guest to ask. */
  readonly moment?: ((entry: number) => Promise<MomentLook>) | undefined;
  /** A cell to go to; a new object goes there again. */
  readonly goTo: { readonly cell: number } | undefined;
  readonly height: number;
  /** Looks of the moment, where time does not go by events. */
  readonly look?: Uint8Array | undefined;
  readonly hasTimeBar: boolean;
}

export function MapPanel(props: MapPanelProps): JSX.Element {
  const { shown, at, onTime, height, goTo } = props;
  const { picture, timeline } = shown;
  const theme = useTheme();
  const [wanted, setMode] = useState<ModeName>("fate");
  const [selected, setSelected] = useState<Spot | undefined>();
  const [found, setFound] = useState("");
  const [isClose, setClose] = useState(false);
  const controls = useRef<MapControls | undefined>(undefined);
  const modes = useMemo(() => modesFor(picture, timeline !== undefined), [picture, timeline]);
  const modeName = modes.includes(wanted) ? wanted : "fate";
  const moments = useMemo(
    () => (timeline === undefined ? undefined : new Moments(timeline)),
    [timeline],
  );
  const count = timeline?.kind.length ?? 0;
  const isEnd = at === undefined || at >= count;
  const mode = useMemo(() => {
    const fateLabels = isEnd
      ? shown.fateLabels
      : shown.fateLabels.with(STAYS, "plugged, not tried yet");
    return modeOf(modeName, theme, { fateLabels, zoneNames: picture.zoneNames ?? [] });
  }, [modeName, theme.isDark, shown.fateLabels, picture.zoneNames, isEnd]);
  const when = whenOf(timeline, at, isEnd);
  const momentLook = useMoment(props.moment, when, modeName);
  const bytes = useMemo(() => {
    const passed = moments?.after(at ?? count);
    const now = momentLook?.look ?? picture.before;
    const look = props.look ?? (isEnd ? (picture.after ?? picture.before) : now);
    return bytesOf(modeName, {
      fate: isEnd && props.hasTimeBar ? picture.fate : (passed?.fate ?? picture.fate),
      moved: passed?.moved ?? NOTHING,
      look: look ?? NOTHING,
      zones: momentLook?.zones ?? picture.zones ?? NOTHING,
      stay: picture.stay,
    });
  }, [picture, moments, modeName, at, props.look, momentLook]);
  const active = useMemo(() => {
    if (timeline === undefined || at === undefined || at === 0 || isEnd) return undefined;
    return { first: timeline.cell[at - 1] ?? 0, count: timeline.cells[at - 1] ?? 0 };
  }, [timeline, at]);
  const pages = usePages(props, useThrottled(when));
  const blockedBy = useMemo(() => byCell(shown.blocked), [shown.blocked]);

  const describe = (spot: Spot): string[] =>
    describeSpot(spot, { shown, blockedBy, bytes, mode, modeName, pages, isEnd });
  const select = (spot: Spot, closely = false): void => {
    setSelected(spot);
    if (closely) controls.current?.show(spot.cell, true);
  };
  useEffect(() => {
    if (goTo === undefined) return;
    setSelected({ cell: goTo.cell, page: undefined });
    controls.current?.show(goTo.cell, false);
  }, [goTo]);

  const nextBlocking = (step: 1 | -1): void => {
    const next = nextBlocked(shown.blocked, selected?.cell, step);
    if (next === undefined) {
      setFound("no page blocks here");
      return;
    }
    setFound("");
    setSelected({ cell: next.cell, page: undefined });
    controls.current?.show(next.cell, false);
  };

  return (
    <section class="card map-card" aria-label="Map of the memory">
      <div class="map-tools">
        <label>
          Colour by{" "}
          <select
            value={modeName}
            onChange={(event) => setMode(event.currentTarget.value as ModeName)}
          >
            {modes.map((name) => (
              <option key={name} value={name}>
                {MODES[name]}
              </option>
            ))}
          </select>
        </label>
        <Finder
          region={picture.region}
          onFound={(spot) => {
            setFound("");
            setSelected(spot);
            controls.current?.show(spot.cell, spot.page !== undefined);
          }}
          onProblem={setFound}
        />
        <button type="button" onClick={() => nextBlocking(1)} title="Key: N, back with P">
          Next blocking page
        </button>
        <span class="spring" />
        <span class="zoom-buttons">
          <button type="button" aria-label="Zoom out" onClick={() => controls.current?.zoom(1 / 2)}>
            −
          </button>
          <button type="button" aria-label="Zoom in" onClick={() => controls.current?.zoom(2)}>
            +
          </button>
          <button type="button" onClick={() => controls.current?.fit()}>
            All
          </button>
        </span>
      </div>
      {found !== "" && (
        <p class="problem" role="alert">
          {found}
        </p>
      )}
      <MapView
        region={picture.region}
        bytes={bytes}
        mode={mode}
        selected={selected?.cell}
        active={active}
        describe={describe}
        onSelect={(spot) => select(spot)}
        onKey={(key) => {
          if (key === "n" || key === "N") nextBlocking(1);
          else if (key === "p" || key === "P") nextBlocking(-1);
          else return false;
          return true;
        }}
        pages={pages}
        controls={controls}
        height={height}
        onCloseness={setClose}
      />
      {isClose ? (
        <ClassLegend />
      ) : (
        <Legend mode={mode} bytes={bytes} cellSize={picture.region.cellSize} />
      )}
      <Selection spot={selected} describe={describe} onShow={(spot) => select(spot, true)} />
      {timeline !== undefined && props.hasTimeBar && count > 0 && (
        <TimeBar timeline={timeline} at={at ?? count} onMove={onTime} />
      )}
    </section>
  );
}

function whenOf(timeline: Timeline | undefined, at: number | undefined, isEnd: boolean): When {
  if (isEnd || at === undefined) return "after";
  return at === 0 ? "before" : (timeline?.entry[at - 1] ?? "before");
}

/** Modes that show what pages are, not what became of them. */
const LOOKS: ReadonlySet<ModeName> = new Set(["class", "use", "zone", "type"]);

/** The looks of a moment within the run; undefined where none is wanted, and until they come. */
function useMoment(
  moment: MapPanelProps["moment"],
  when: When,
  modeName: ModeName,
): MomentLook | undefined {
  const wanted = useThrottled(LOOKS.has(modeName) ? when : "after");
  const [found, setFound] = useState<MomentLook | undefined>();
  useEffect(() => {
    if (moment === undefined || typeof wanted !== "number") {
      setFound(undefined);
      return undefined;
    }
    let isOver = false;
    moment(wanted).then(
      (look) => {
        if (!isOver) setFound(look);
      },
      // the guest has been asked for something else meanwhile
      () => undefined,
    );
    return () => {
      isOver = true;
    };
  }, [moment, wanted]);
  return typeof when === "number" ? found : undefined;
}

function byCell(blocked: readonly Blocked[]): ReadonlyMap<number, Blocked> {
  const found = new Map<number, Blocked>();
  // the smaller range says more
  for (const one of [...blocked].sort((a, b) => b.cells - a.cells)) {
    for (let cell = one.cell; cell < one.cell + one.cells; cell++) found.set(cell, one);
  }
  return found;
}

function nextBlocked(
  blocked: readonly Blocked[],
  from: number | undefined,
  step: 1 | -1,
): Blocked | undefined {
  if (step === 1) return blocked.find(({ cell }) => cell > (from ?? -1)) ?? blocked[0];
  return blocked.findLast(({ cell }) => cell < (from ?? Infinity)) ?? blocked.at(-1);
}

interface DescribeContext {
  readonly shown: Shown;
  readonly blockedBy: ReadonlyMap<number, Blocked>;
  readonly bytes: Uint8Array;
  readonly mode: Mode;
  readonly modeName: ModeName;
  readonly pages: PageSource | undefined;
  readonly isEnd: boolean;
}

const HOLDS = ["", "pinned", "busy now", "cannot be moved"];

function describeSpot({ cell, page }: Spot, context: DescribeContext): string[] {
  const { shown, blockedBy, bytes, mode, modeName, pages, isEnd } = context;
  const { picture, fateLabels } = shown;
  const { region } = picture;
  const { address, block, within } = addressOf(region, cell);
  const lines = [`Memory block ${block}, subblock ${within}`];
  const fate = picture.fate[cell] ?? 0;
  const reason = blockedBy.get(cell);
  if (isEnd || modeName !== "fate") {
    const held =
      reason !== undefined && FATE_NAMES[fate] === reason.group ? `: held by ${reason.heldBy}` : "";
    lines.push(`${capital(fateLabels[fate] ?? "")}${held}`);
  }
  if (reason !== undefined && reason.pfn !== null) {
    const stage = STAGES[reason.stage] ?? "";
    lines.push(`First blocking page: pfn ${reason.pfn} (${hex(reason.pfn * PAGE_SIZE)})${stage}`);
  }
  const stay = picture.stay[cell] ?? 0;
  if (stay > 0 && stay < 255) lines.push(`Chance to stay: ${Math.round((stay / 255) * 100)} %`);
  const entry = mode.legend.find(
    ({ first, last }) => (bytes[cell] ?? 0) >= first && (bytes[cell] ?? 0) <= last,
  );
  if (entry !== undefined && (modeName !== "fate" || !isEnd)) {
    lines.push(`${MODES[modeName]}: ${entry.label}`);
  }
  lines.push(`${hex(address)} to ${hex(address + region.cellSize - 1)}`);
  if (page !== undefined) {
    const pfn = address / PAGE_SIZE + page;
    const state = pages?.of(cell)?.[page];
    const words =
      state === undefined
        ? ""
        : `: ${classWords(state & 31)}${(state >> 5) % 4 === 0 ? "" : `, ${HOLDS[(state >> 5) % 4] ?? ""}`}`;
    lines.push(`Page ${pfn}${words}`);
  } else {
    const pfn = address / PAGE_SIZE;
    lines.push(`pfn ${pfn} to ${pfn + region.cellSize / PAGE_SIZE - 1}`);
  }
  return lines;
}

const STAGES: Readonly<Record<string, string>> = {
  isolate: ", found before anything was moved",
  migrate: ", could not be collected",
  test: ", still there after moving",
  memory: "",
};

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function Selection(props: {
  spot: Spot | undefined;
  describe: (spot: Spot) => readonly string[];
  onShow: (spot: Spot) => void;
}): JSX.Element {
  const { spot, describe, onShow } = props;
  if (spot === undefined) {
    return (
      <p class="selection faint" id="map-selection" role="status">
        Point at the map, or select a subblock: what it is and why it stays is said here.
      </p>
    );
  }
  const [head, ...lines] = describe(spot);
  return (
    <div class="selection" id="map-selection" role="status">
      <b>{head}</b>
      {lines.map((line, at) => (
        <span key={at}> · {line}</span>
      ))}{" "}
      <button type="button" class="link" onClick={() => onShow(spot)}>
        Show its pages
      </button>
    </div>
  );
}

function Legend(props: { mode: Mode; bytes: Uint8Array; cellSize: number }): JSX.Element {
  const { mode, bytes, cellSize } = props;
  const counts = useMemo(() => {
    const counted = new Uint32Array(256);
    for (const byte of bytes) counted[byte] = (counted[byte] ?? 0) + 1;
    return counted;
  }, [bytes]);
  return (
    <ul class="legend">
      {mode.legend.map(({ label, colour, first, last }) => {
        let cells = 0;
        for (let byte = first; byte <= last; byte++) cells += counts[byte] ?? 0;
        if (cells === 0) return null;
        return (
          <li key={label}>
            <Swatch colour={colour} />
            {label} <span class="faint">{formatRoughSize(cells * cellSize)}</span>
          </li>
        );
      })}
    </ul>
  );
}

/** Pages are coloured by their class, whatever their subblocks are coloured by. */
function ClassLegend(): JSX.Element {
  const { isDark } = useTheme();
  return (
    <ul class="legend">
      {CLASS_GROUPS.map(({ label, light, dark }) => (
        <li key={label}>
          <Swatch colour={isDark ? dark : light} />
          {label}
        </li>
      ))}
    </ul>
  );
}

/** A patch of colour; drawn, because the page's policy has no styles in attributes of its source. */
export function Swatch({ colour }: { colour: string }): JSX.Element {
  return (
    <svg class="swatch" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      <rect width="12" height="12" rx="2.5" fill={colour} />
    </svg>
  );
}

function Finder(props: {
  region: Region;
  onFound: (spot: Spot) => void;
  onProblem: (words: string) => void;
}): JSX.Element {
  const [text, setText] = useState("");
  const submit = (event: Event): void => {
    event.preventDefault();
    const found = findSpot(text.trim(), props.region);
    if (typeof found === "string") props.onProblem(found);
    else props.onFound(found);
  };
  return (
    <form class="finder" onSubmit={submit}>
      <label>
        <span class="visually-hidden">Find an address, a pfn or a memory block</span>
        <input
          type="search"
          placeholder="0x140000000, pfn 1310720, block 32"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <button type="submit">Find</button>
    </form>
  );
}

const MOST_PAGES_AT_ONCE = 400;

/** Pages of cells by moment, asked of the engine when they come into sight. */
function usePages({ shown, pages }: MapPanelProps, when: When): PageSource | undefined {
  return useMemo(() => {
    if (pages === undefined || shown.picture.before === undefined) return undefined;
    const { regionStart, cellSize } = shown.picture.region;
    const pagesEach = cellSize / PAGE_SIZE;
    const known = new Map<number, Uint8Array>();
    const asked = new Set<number>();
    const fetchRun = async (first: number, count: number, then: () => void): Promise<void> => {
      const firstPfn = regionStart / PAGE_SIZE + first * pagesEach;
      try {
        const states = await pages(when, firstPfn, count * pagesEach);
        for (let at = 0; at < count; at++) {
          known.set(first + at, states.subarray(at * pagesEach, (at + 1) * pagesEach));
        }
        then();
      } catch {
        // the guest has been asked for something else meanwhile
      }
    };
    return {
      of: (cell) => known.get(cell),
      want: (cells, then) => {
        const fresh = cells.filter((cell) => !asked.has(cell)).slice(0, MOST_PAGES_AT_ONCE);
        for (const cell of fresh) asked.add(cell);
        for (const [first, count] of runsOf(fresh)) void fetchRun(first, count, then);
      },
    };
  }, [shown.picture, pages, when]);
}

function runsOf(cells: readonly number[]): [first: number, count: number][] {
  const runs: [number, number][] = [];
  for (const cell of [...cells].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === cell) last[1]++;
    else runs.push([cell, 1]);
  }
  return runs;
}
