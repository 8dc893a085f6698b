/**
 * A device under test gave no answer that is one: it took too long, ended, did not start, or sent
 * other bytes.
 */
export class DeviceFailure extends Error {
  override readonly name = "DeviceFailure";
}
