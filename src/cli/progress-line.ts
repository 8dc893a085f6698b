import type { WriteStream } from "node:tty";

export interface ProgressLine {
  readonly show: (done: number, all: number) => void;
  readonly clear: () => void;
}

/** One line that counts up to 100 %, rewritten in place; nothing where the stream is no terminal. */
export function progressLine(stream: WriteStream, what: string): ProgressLine {
  if (!stream.isTTY) return { show: () => undefined, clear: () => undefined };
  let shown = -1;
  return {
    show: (done, all) => {
      const percent = Math.floor((100 * done) / Math.max(1, all));
      if (percent === shown) return;
      shown = percent;
      stream.write(`\r${what}: ${percent} %`);
    },
    clear: () => {
      if (shown >= 0) stream.write("\r\u001b[K");
    },
  };
}
