import { EventLog } from "./event-log.js";

/** A log that tells its followers what happens, and keeps nothing of it. */
export class PassingLog extends EventLog {
  protected override keep(): void {
    // followers hear of it all the same
  }
}
