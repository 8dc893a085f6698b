import { readText, type CaptureFiles } from "../capture/capture-files.js";
import { CaptureError } from "../capture/capture-error.js";
import type { Capture } from "../capture/capture.js";
import { parseIomem } from "../capture/iomem.js";
import { parseJson, recordOf } from "../capture/json-text.js";
import { readCapture } from "../capture/read-capture.js";
import { jsonNumber } from "../capture/whole-number.js";
import {
  passesOf,
  traceOf,
  type GuestObservation,
  type RecordedMemoryBlock,
} from "./guest-recording.js";
import { parseStateWrite, type StateWrite } from "./state-write.js";

/** Something that was done to a guest between its boot and the first observed request. */
export type BootStep =
  | { readonly kind: "request"; readonly size: number }
  | { readonly kind: "state"; readonly write: StateWrite }
  /** The same by a command that cannot be replayed. */
  | { readonly kind: "by-hand" };

/** How a recorded guest got what it had before the first observed request. */
export interface RecordedBoot {
  readonly observation: GuestObservation;
  /** The guest before that request: its settings and its device. */
  readonly capture: Capture;
  /** Boot memory, [start, end) in bytes. */
  readonly bootMemory: readonly (readonly [start: number, end: number])[];
  readonly steps: readonly BootStep[];
}

const IOMEM = "iomem-boot.txt";
const META = "meta.json";
/** Where user space brings memory online and offline. */
const STATES = "/sys/devices/system/memory/";

/**
 * Reads how the guest was plugged before the first of `observations`; undefined where nothing was,
 * or where the recording does not say what its boot memory is.
 */
export async function readBoot(
  files: CaptureFiles,
  observations: readonly GuestObservation[],
): Promise<RecordedBoot | undefined> {
  const names = files.names();
  const [first] = [...observations].sort((a, b) => a.requestTime - b.requestTime);
  if (first === undefined || !names.includes(IOMEM) || !names.includes(META)) return undefined;
  const events = (await traceOf(files, "")).filter(({ t }) => t < first.requestTime);
  const [pass] = passesOf(events).passes;
  const steps = stepsOf(await readText(files, META));
  if (pass === undefined || pass.requests.length === 0 || steps.length === 0) return undefined;
  // what was online decides what else is plugged
  const byHand = steps.findIndex(({ kind }) => kind === "by-hand");
  if (byHand >= 0 && steps.slice(byHand).some(({ kind }) => kind === "request")) return undefined;
  const capture = await readCapture(files, { folder: first.folder });
  const sizes = steps.flatMap((step) => (step.kind === "request" ? step.size : []));
  return {
    capture,
    bootMemory: parseIomem(await readText(files, IOMEM), IOMEM).systemRam.map(({ start, end }) => [
      start,
      end,
    ]),
    steps,
    observation: {
      name: "boot",
      folder: first.folder,
      firstRequestedSize: sizes[0] ?? 0,
      requestedSize: sizes.at(-1) ?? 0,
      changes: [],
      writes: [],
      passes: [pass],
      works: events.flatMap(({ work }) => work ?? []),
      deviceBlockSize: first.deviceBlockSize,
      pluggedBefore: "0".repeat(first.pluggedBefore.length),
      pluggedAfter: first.pluggedBefore,
      memoryBlocks: byHand < 0 ? memoryBlocksOf(capture) : undefined,
      requestTime: 0,
    },
  };
}

function memoryBlocksOf(capture: Capture): RecordedMemoryBlock[] {
  return capture.memoryBlocks
    .filter(({ id }) => isInRegion(capture, id))
    .map(({ id, state, validZones }) => ({
      id,
      state,
      zone: state === "online" ? validZones[0] : undefined,
    }));
}

function isInRegion({ device, memoryBlockSize }: Capture, id: number): boolean {
  const address = id * memoryBlockSize;
  return address >= device.regionStart && address < device.regionStart + device.regionSize;
}

/** The steps up to the first observed request that change what is plugged or online. */
function stepsOf(text: string): BootStep[] {
  const phases = recordOf(parseJson(text, META), META, "")["phases"] ?? [];
  if (!Array.isArray(phases)) {
    throw new CaptureError(META, "phases", "must be a list, got something else");
  }
  const steps: BootStep[] = [];
  for (const [index, phase] of (phases as unknown[]).entries()) {
    const { op, requested, cmd } = recordOf(phase, META, `phases[${index}]`);
    if (op === "observe") break;
    if (op === "plug" || op === "request") {
      const size = jsonNumber(requested, META, `phases[${index}].requested`);
      steps.push({ kind: "request", size });
    }
    const write = typeof cmd === "string" ? parseStateWrite(cmd) : undefined;
    if (write !== undefined) steps.push({ kind: "state", write });
    else if (typeof cmd === "string" && cmd.includes(STATES)) steps.push({ kind: "by-hand" });
  }
  return steps;
}
