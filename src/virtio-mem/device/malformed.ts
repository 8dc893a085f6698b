import type { MalformedRule } from "./flavour.js";
import type { DeviceHealth } from "../protocol.js";
import { encodeResponse } from "../wire.js";

/** What becomes of a request that a device cannot read. */
export interface MalformedOutcome {
  /** Undefined: none comes. */
  readonly answer: Uint8Array | undefined;
  /** Undefined: the device works on. */
  readonly health: DeviceHealth | undefined;
}

/** What a rule means (docs/spec/device.md, "Malformed requests"). */
export function malformedOutcome(rule: MalformedRule): MalformedOutcome {
  switch (rule) {
    case "needs-reset":
      return { answer: undefined, health: "needs-reset" };
    case "stop":
      return { answer: undefined, health: "stopped" };
    case "drop":
      return { answer: undefined, health: undefined };
    case "empty-answer":
      return { answer: new Uint8Array(0), health: undefined };
    case "error":
      return { answer: encodeResponse({ type: "ERROR" }), health: undefined };
  }
}
