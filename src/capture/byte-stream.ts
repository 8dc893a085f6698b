/** A stream that is being fed. */
export interface Feeding {
  /** Ends the source, if it has not ended by itself. Call it whether the reader failed or not. */
  end(): Promise<void>;
}

/** Writes `source` into `target`, only as fast as it takes it; the reader of it gets the errors. */
export function feed(
  source: AsyncIterable<Uint8Array>,
  target: WritableStream<Uint8Array>,
): Feeding {
  const iterator = source[Symbol.asyncIterator]();
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await iterator.next();
      if (next.done === true) controller.close();
      else controller.enqueue(next.value);
    },
  });
  const leaving = new AbortController();
  const piping = stream.pipeTo(target, { signal: leaving.signal }).catch(() => undefined);
  return {
    async end() {
      leaving.abort();
      await piping;
      // Not left to the stream's cancel: a target that closes early does not always cause one.
      await iterator.return?.();
    },
  };
}

/** The other way round. Browsers do not all iterate streams by themselves. */
export async function* piecesOf<T>(stream: ReadableStream<T>): AsyncGenerator<T, void, undefined> {
  const reader = stream.getReader();
  let finished = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield value;
    }
    finished = true;
  } finally {
    // A stream that failed has nothing left to cancel and repeats its error here.
    if (!finished) await reader.cancel().catch(() => undefined);
    reader.releaseLock();
  }
}

/** The bytes of pieces that are `size` bytes together. */
export async function joined(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  size: number,
): Promise<Uint8Array> {
  const whole = new Uint8Array(size);
  let at = 0;
  for await (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
