import { deviceFlavour, FLAVOUR_NAMES } from "../virtio-mem/device/flavour.js";
import { answerDifference } from "./answer-difference.js";
import type { DeviceGeometry } from "./device-port.js";
import { OwnDevicePort } from "./own-device-port.js";
import { StepPlayer } from "./play-step.js";
import { answerReason, configReason, type Reason } from "./reason.js";
import type { Step } from "./request-line.js";

/**
 * The modelled device beside a device under test, step by step: it knows why an answer is expected.
 * It is silent where a vector file expects something else than its flavour answers.
 */
export class ReferenceDevice {
  readonly #port: OwnDevicePort;
  readonly #player: StepPlayer;
  #agrees = true;

  private constructor(port: OwnDevicePort) {
    this.#port = port;
    this.#player = new StepPlayer(port);
  }

  /** Undefined for a flavour that is not modelled, or that has no such geometry. */
  static create(flavour: string, geometry: DeviceGeometry): ReferenceDevice | undefined {
    const name = FLAVOUR_NAMES.find((known) => known === flavour);
    if (name === undefined) return undefined;
    try {
      return new ReferenceDevice(new OwnDevicePort(deviceFlavour(name), geometry));
    } catch {
      return undefined;
    }
  }

  /**
   * Does a step.
   *
   * @returns the reason for a field of the expected answer.
   */
  async play(
    step: Step,
    expected: Readonly<Record<string, unknown>>,
  ): Promise<(field: string) => Reason | undefined> {
    if (!this.#agrees) return silent;
    const forAnswer = answerReason(step, this.#port.device);
    const answered = await this.#player.play(step);
    if (answered === undefined || answerDifference(expected, answered) !== undefined) {
      this.#agrees = false;
      return silent;
    }
    const { device } = this.#port;
    return (field) => (field === "cfg" ? configReason(step, device, answered) : forAnswer);
  }
}

function silent(): undefined {
  return undefined;
}
