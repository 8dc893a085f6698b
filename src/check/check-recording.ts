import type { CaptureFiles } from "../capture/capture-files.js";
import { deviceFlavour } from "../virtio-mem/device/flavour.js";
import type { CoreSource } from "../core/load.js";
import { readBoot } from "./boot-recording.js";
import { replayBoot } from "./boot-replay.js";
import { checkAllocationOrder } from "./check-allocation-order.js";
import { checkDevice } from "./check-device.js";
import { compareObservation, replayObservation } from "./check-guest.js";
import type { CheckResult } from "./check-result.js";
import { readGuestObservations } from "./guest-recording.js";
import type { RecordingKind } from "./recording-kind.js";

/** The hypervisor under which all recordings were made. Which Linux it was, each says itself. */
const FLAVOUR = "qemu";

/**
 * Replays a recording of a device, a guest or an allocation order, and compares: one result per
 * observation, in order.
 *
 * @param recording - its name, for the results.
 * @throws CaptureError if a file is missing or makes no sense.
 */
export async function* checkRecording(
  recording: string,
  files: CaptureFiles,
  kind: Exclude<RecordingKind, "free-lists">,
  core?: CoreSource,
): AsyncGenerator<CheckResult> {
  const options = core === undefined ? {} : { core };
  switch (kind) {
    case "device":
      yield await checkDevice(recording, files, deviceFlavour(FLAVOUR));
      return;
    case "allocation-order":
      yield await checkAllocationOrder(recording, files, options);
      return;
    case "guest": {
      const observations = await readGuestObservations(files);
      const boot = await readBoot(files, observations);
      if (boot !== undefined) yield compareObservation(recording, await replayBoot(boot, core));
      for (const observation of observations) {
        yield compareObservation(recording, await replayObservation(files, observation, options));
      }
    }
  }
}
