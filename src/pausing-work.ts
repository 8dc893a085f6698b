/**
 * Work that may pause between two of its steps; it goes on when it is asked for the next one.
 *
 * @typeParam T - What the work comes to.
 */
export type PausingWork<T = void> = Generator<void, T>;
