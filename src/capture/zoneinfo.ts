import { CaptureError } from "./capture-error.js";
import type { CaptureZone } from "./capture.js";
import { decimalNumber } from "./whole-number.js";
import { zoneKind } from "./zone-kind.js";

type Cpu = { count: number; high: number; batch: number };

/** What was read of one zone so far. */
interface OpenZone {
  readonly node: number;
  readonly kind: CaptureZone["kind"];
  /** `node 0, zone Normal`, for messages. */
  readonly label: string;
  readonly values: Map<string, number>;
  readonly counters: Map<string, number>;
  readonly cpus: Partial<Cpu>[];
  protection: number[];
}

/** What the core has room for. */
const MAX_NODE = 15;
const MAX_ZONES = 16;
/** Pages; the marks of a zone that is smaller can exceed it. */
const SMALL_ZONE = 2 ** 15;

const PAGE_VALUES = new Set(["boost", "min", "low", "high", "spanned", "present", "managed"]);
const CPU_VALUES = new Set(["count", "high", "batch"]);

/**
 * Reads /proc/zoneinfo.
 *
 * ```text
 * Node 0, zone   Normal
 *   per-node stats            in the first zone of a node only; not read
 *       nr_inactive_anon 1
 *   pages free     492326     free, then the values of PAGE_VALUES
 *         min      13140
 *         protection: (0, 0, 0)
 *       nr_free_pages 492326  counters
 *   pagesets
 *     cpu: 0
 *               count: 5522   one value of CPU_VALUES a line
 *   start_pfn:           1048576
 * ```
 *
 * Zones without pages are left out.
 *
 * @throws CaptureError if no zone has pages, or a value is missing, malformed or contradicts
 *   another one.
 */
export function parseZoneinfo(text: string, file: string): CaptureZone[] {
  const zones: CaptureZone[] = [];
  let zone: OpenZone | undefined;
  let part: "node" | "pages" | "cpus" = "node";

  const close = () => {
    if (zone === undefined) return;
    const closed = closeZone(zone, file);
    if (closed === undefined) return;
    if (zones.some(({ node, kind }) => node === closed.node && kind === closed.kind)) {
      throw new CaptureError(file, zone.label, "must be there once, got it twice");
    }
    zones.push(closed);
  };

  for (const line of text.split("\n")) {
    const header = /^Node\s+(\d+), zone\s+(\S+)/.exec(line);
    if (header !== null) {
      close();
      zone = openZone(header[1] ?? "", header[2] ?? "", file);
      part = "node";
      continue;
    }
    if (zone === undefined) continue;
    const [name = "", value = "", ...rest] = line.trim().split(/[\s:]+/);
    const field = `${name} of ${zone.label}`;
    if (name === "pages" && value === "free") {
      part = "pages";
      zone.values.set("free", decimalNumber(rest[0] ?? "", file, `free of ${zone.label}`));
    } else if (name === "pagesets") {
      part = "cpus";
    } else if (name === "start_pfn") {
      zone.values.set(name, decimalNumber(value, file, field));
    } else if (part === "cpus" && name === "cpu") {
      zone.cpus.push({});
    } else if (part === "cpus" && CPU_VALUES.has(name)) {
      const cpu = zone.cpus.at(-1);
      if (cpu !== undefined) cpu[name as keyof Cpu] = decimalNumber(value, file, field);
    } else if (part === "pages" && PAGE_VALUES.has(name)) {
      zone.values.set(name, decimalNumber(value, file, field));
    } else if (part === "pages" && name === "protection") {
      zone.protection = protectionOf(line, file, field);
    } else if (part === "pages" && /^(nr|numa)_/.test(name)) {
      zone.counters.set(name, decimalNumber(value, file, field));
    }
  }
  close();
  if (zones.length > MAX_ZONES) {
    const rule = `must be at most ${MAX_ZONES}, got ${zones.length}: not supported yet`;
    throw new CaptureError(file, "zones with pages", rule);
  }
  if (zones.length === 0) throw new CaptureError(file, "", "must have a zone with pages, got none");
  return zones;
}

function openZone(node: string, name: string, file: string): OpenZone | undefined {
  const kind = zoneKind(name, file, "zone");
  if (kind === undefined) return undefined;
  const number = decimalNumber(node, file, "node");
  if (number > MAX_NODE) {
    const rule = `must be from 0 to ${MAX_NODE}, got ${number}: not supported yet`;
    throw new CaptureError(file, "node", rule);
  }
  return {
    node: number,
    kind,
    label: `node ${node}, zone ${name}`,
    values: new Map(),
    counters: new Map(),
    cpus: [],
    protection: [],
  };
}

/** `protection: (0, 862, 3934)` */
function protectionOf(line: string, file: string, field: string): number[] {
  const text = line.trimEnd();
  const open = text.indexOf("(");
  if (open < 0 || !text.endsWith(")")) {
    throw new CaptureError(file, field, "must be a list in brackets, got none");
  }
  const list = text.slice(open + 1, -1);
  return list.split(",").map((text) => decimalNumber(text.trim(), file, field));
}

function closeZone(zone: OpenZone, file: string): CaptureZone | undefined {
  const valueOf = (name: string): number => {
    const value = zone.values.get(name);
    if (value === undefined) {
      throw new CaptureError(file, `${name} of ${zone.label}`, "must be there, got nothing");
    }
    return value;
  };
  const present = valueOf("present");
  if (present === 0) return undefined;
  const spanned = valueOf("spanned");
  const managed = valueOf("managed");
  const startPfn = valueOf("start_pfn");
  const atMost = (name: string, value: number, limitName: string, limit: number) => {
    if (value <= limit) return;
    throw new CaptureError(
      file,
      `${name} of ${zone.label}`,
      `must be at most ${limitName} (${limit}), got ${value}`,
    );
  };
  atMost("managed", managed, "present", present);
  atMost("present", present, "spanned", spanned);
  const [min, low, high] = [valueOf("min"), valueOf("low"), valueOf("high")];
  const boost = zone.values.get("boost") ?? 0;
  atMost("boost", boost, "min", min);
  atMost("min", min, "low", low);
  atMost("low", low, "high", high);
  // Linux keeps free what it needs, never more than there is; spanned bounds what the core counts
  // in 32 bits.
  atMost("high", high, "spanned", Math.max(spanned, SMALL_ZONE));
  const free = valueOf("free");
  atMost("start_pfn", startPfn, "2^41 - spanned", 2 ** 41 - spanned);

  return {
    node: zone.node,
    kind: zone.kind,
    free,
    boost,
    min,
    low,
    high,
    spanned,
    present,
    managed,
    startPfn,
    protection: zone.protection,
    cpus: zone.cpus.map((cpu, index) => closeCpu(cpu, index, zone, file)),
    counters: zone.counters,
  };
}

function closeCpu(cpu: Partial<Cpu>, index: number, zone: OpenZone, file: string): Cpu {
  const { count, high, batch } = cpu;
  if (count === undefined || high === undefined || batch === undefined) {
    const field = `pageset ${index} of ${zone.label}`;
    throw new CaptureError(file, field, "must have count, high and batch, got less");
  }
  return { count, high, batch };
}
