import { driverParameters } from "../captured-memory.js";
import type { CoreSource } from "../core/load.js";
import { Guest } from "../guest.js";
import { linuxProfile, type ProfileName } from "../linux/profile.js";
import { predictOn } from "../predict.js";
import type { BootStep, RecordedBoot } from "./boot-recording.js";
import type { ReplayedObservation } from "./check-guest.js";

/** Boots a guest like the recorded one, idle, and plugs it as that one was plugged. */
export async function replayBoot(
  boot: RecordedBoot,
  profile: ProfileName,
  core?: CoreSource,
): Promise<ReplayedObservation> {
  const { capture, observation } = boot;
  const { regionStart, regionSize, blockSize, node } = capture.device;
  const guest = await Guest.create({
    profile,
    bootMemory: boot.bootMemory.map(([start, end]) => ({ start, size: end - start, node })),
    regionStart,
    regionSize,
    blockSize,
    node,
    memoryBlockSize: capture.memoryBlockSize,
    online: capture.settings,
    driver: driverParameters(capture, linuxProfile(profile)),
    ...(core === undefined ? {} : { core }),
  });
  const prediction = predictOn(guest, observation.requestedSize, () => {
    for (const step of boot.steps) playStep(guest, step);
  });
  return { observation, guest, prediction, waitsMs: [] };
}

function playStep({ device, driver, hotplug }: Guest, step: BootStep): void {
  if (step.kind === "request") device.requestSize(step.size);
  else if (step.state === "offline") hotplug.offlineMemoryBlock(step.id);
  else if (isOnlineState(step.state)) hotplug.onlineMemoryBlock(step.id, step.state);
  driver.run();
}

function isOnlineState(state: string): state is "online" | "online_kernel" | "online_movable" {
  return state === "online" || state === "online_kernel" || state === "online_movable";
}
