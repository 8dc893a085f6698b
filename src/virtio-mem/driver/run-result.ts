import { Errno } from "../../errno.js";
import type { DriverProfile } from "../driver-profile.js";

/** Refusals in a row, without a config change, after which the driver gives the device up. */
export const NACK_LIMIT = 100;

/** Does the driver try again by itself, by its timer? */
export function isRetried(errno: number): boolean {
  return errno === -Errno.EBUSY || errno === -Errno.ETXTBSY || errno === -Errno.ENOMEM;
}

/** What the result of a run means (docs/spec/driver.md, "Responses as errnos"). */
export function explainResult(errno: number, profile: DriverProfile): string {
  switch (errno) {
    case 0:
      return "as much as whole blocks allow is plugged";
    case -Errno.ENOSPC:
      return "no usable block is left, or too much memory is offline";
    case -Errno.ETXTBSY:
      return "the device is busy";
    case -Errno.EBUSY:
      return profile.deviceBusy === "EBUSY"
        ? "memory of the guest or the device is busy"
        : "memory of the guest is busy";
    case -Errno.ENOMEM:
      return "the guest is out of memory";
    case -Errno.EAGAIN:
      return "the device refuses what it requests; broken";
    default:
      return `unexpected errno ${-errno}; broken`;
  }
}
