import { CaptureError } from "../capture/capture-error.js";
import { readText, type CaptureFiles } from "../capture/capture-files.js";
import { answerDifference, describeRequest } from "../conformance/answer-difference.js";
import { parseRecordedGeometry, type RecordedGeometry } from "../conformance/recorded-geometry.js";
import { OwnDevicePort } from "../conformance/own-device-port.js";
import { StepPlayer } from "../conformance/play-step.js";
import { requestLines, type RequestLine } from "../conformance/request-line.js";
import type { DeviceFlavour } from "../virtio-mem/device/flavour.js";
import type { CheckResult, FirstDifference } from "./check-result.js";
import { whyAnswer } from "./device-reason.js";

const FILE = "requests.jsonl";

/**
 * Plays a recorded list of requests to our device and compares every answer, state and config.
 *
 * @throws CaptureError if a file cannot be used; RangeError if the flavour has no such device.
 */
export async function checkDevice(
  recording: string,
  files: CaptureFiles,
  flavour: DeviceFlavour,
): Promise<CheckResult> {
  const port = new OwnDevicePort(flavour, await geometryOf(files));
  let lines = 0;
  let same = 0;
  let difference: FirstDifference | null = null;
  const player = new StepPlayer(port);
  for (const line of linesOf(await readText(files, FILE))) {
    lines++;
    const before = port.device.config;
    const found = await differenceOf(player, line);
    if (found === undefined) same++;
    else {
      difference ??= {
        at: `line ${line.line}: ${describeRequest(line.expected)}`,
        recorded: `${found.field} ${found.expected}`,
        model: `${found.field} ${found.got}`,
        why: whyAnswer(port.device, before, line.step),
        decided: true,
      };
    }
  }
  if (lines === 0) throw new CaptureError(FILE, "", "must hold requests, got none");
  return {
    kind: "device",
    recording,
    observation: "",
    model: flavour.name,
    agrees: same === lines,
    aspects: [{ name: "lines", same, recorded: lines, model: lines }],
    difference,
    notes: [],
  };
}

function* linesOf(text: string): Generator<RequestLine> {
  try {
    yield* requestLines(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const rule = `must be a list of requests: ${error.message}`;
    throw new CaptureError(FILE, "", rule, { cause: error });
  }
}

async function differenceOf(
  player: StepPlayer,
  { line, step, expected }: RequestLine,
): Promise<ReturnType<typeof answerDifference>> {
  const answered = await player.play(step);
  if (answered === undefined) {
    throw new CaptureError(FILE, `line ${line}`, "must be something that the device can do");
  }
  const { result } = expected;
  return answerDifference(
    {
      ...expected,
      // a refusal is recorded in QEMU's own words
      ...(typeof result === "string" && result !== "OK" ? { result: "error" } : {}),
      // a device that gives no answer was not asked for its config either
      ...(expected["cfg"] === undefined ? { cfg: answered.cfg } : {}),
    },
    answered,
  );
}

const DEFAULTS: RecordedGeometry = { addr: undefined, regionSize: undefined, blockSize: undefined };

async function geometryOf(
  files: CaptureFiles,
): Promise<{ addr: bigint; regionSize: bigint; blockSize: bigint }> {
  const text = files.names().includes("meta.json") ? await readText(files, "meta.json") : "{}";
  const found = parseRecordedGeometry(text) ?? DEFAULTS;
  const need = (name: keyof RecordedGeometry, field: string): bigint => {
    const value = found[name];
    if (value !== undefined) return value;
    throw new CaptureError("meta.json", field, "must be a whole number, got nothing of the kind");
  };
  return {
    addr: need("addr", "region.gpa"),
    regionSize: need("regionSize", "region.size"),
    blockSize: need("blockSize", "block_size"),
  };
}
