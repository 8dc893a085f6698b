/** Work that may pause between two of its steps; it goes on when it is asked for the next one. */
export type PausingWork<T = void> = Generator<void, T>;
