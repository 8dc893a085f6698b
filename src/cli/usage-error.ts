import { InputError } from "../input-error.js";

/** What the person at the command line can mend: exit code 2 and one line, no stack. */
export class UsageError extends InputError {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}
