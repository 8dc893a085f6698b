import type { CaptureSettings } from "../capture/capture.js";
import { driverParameters } from "../guest/from-capture.js";
import type { CoreSource } from "../core/load.js";
import { Guest } from "../guest/guest.js";
import { profileFromCapture } from "../guest/profile-from-capture.js";
import type { OnlineSettings } from "../linux/online-policy.js";
import { predictOn } from "../predict/predict.js";
import type { BootStep, RecordedBoot } from "./boot-recording.js";
import type { ReplayedObservation } from "./check-guest.js";
import { playStateWrite } from "./state-write.js";

/** Boots a guest like the recorded one, idle, and plugs it as that one was plugged. */
export async function replayBoot(
  boot: RecordedBoot,
  core?: CoreSource,
): Promise<ReplayedObservation> {
  const { capture, observation } = boot;
  const { regionStart, regionSize, blockSize, node } = capture.device;
  const { profile } = profileFromCapture(capture);
  const guest = await Guest.create({
    profile: profile.name,
    bootRanges: boot.bootMemory.map(([start, end]) => ({ start, size: end - start, node })),
    regionStart,
    regionSize,
    blockSize,
    node,
    memoryBlockSize: capture.memoryBlockSize,
    online: onlineSettings(capture.settings),
    driver: driverParameters(capture, profile),
    ...(core === undefined ? {} : { core }),
  });
  const prediction = predictOn(guest, observation.requestedSize, () => {
    for (const step of boot.steps) playStep(guest, step);
  });
  return { observation, guest, prediction, waitsMs: [] };
}

/** Of what a capture says of the guest's settings, how memory goes online. */
function onlineSettings(settings: CaptureSettings): OnlineSettings {
  const { autoOnline, onlinePolicy, autoMovableRatio, autoMovableNumaAware, movableNode } =
    settings;
  return { autoOnline, onlinePolicy, autoMovableRatio, autoMovableNumaAware, movableNode };
}

function playStep(guest: Guest, step: BootStep): void {
  if (step.kind === "request") guest.requestSize(step.size);
  else if (step.kind === "state") playStateWrite(guest, step.write);
}
