/**
 * What listeners have thrown. A listener that throws must not leave the work half done that it only
 * looks at: the error waits until the work is done, and the caller gets it then. One that
 * no caller takes is thrown from a microtask of its own.
 */
export class ListenerFailures {
  #first: { readonly error: unknown } | undefined;

  /**
   * Calls a listener; what it throws is kept, the first of several.
   *
   * @param listener - Is called at once, without arguments.
   */
  call(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.note(error);
    }
  }

  /**
   * Notes what a listener has thrown.
   *
   * @param error - What was thrown; only the first is kept.
   */
  note(error: unknown): void {
    if (this.#first !== undefined) return;
    this.#first = { error };
    queueMicrotask(() => {
      this.rethrow();
    });
  }

  /** Throws what is kept, once. */
  rethrow(): void {
    const first = this.#first;
    this.#first = undefined;
    if (first !== undefined) throw first.error;
  }
}
