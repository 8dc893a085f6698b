import { shortened, visibleText } from "../input-error.js";

/** Tells a person once that a queue does not answer, and once that it does again. */
export class QueueSilence {
  readonly #say: (words: string) => void;
  #isSilent = false;

  constructor(say: (words: string) => void) {
    this.#say = say;
  }

  begins(error: unknown): void {
    if (this.#isSilent) return;
    this.#isSilent = true;
    const reason = visibleText(shortened(error instanceof Error ? error.message : String(error)));
    this.#say(`the queue does not answer, and is tried again: ${reason}`);
  }

  ends(): void {
    if (this.#isSilent) this.#say("the queue answers again");
    this.#isSilent = false;
  }
}
