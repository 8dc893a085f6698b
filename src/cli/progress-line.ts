import type { WriteStream } from "node:tty";

import type { Progress } from "../progress.js";

export interface ProgressLine {
  readonly show: (progress: Progress) => void;
  readonly clear: () => void;
}

/**
 * One line that counts up to 100 %, rewritten in place; nothing where the stream is no terminal.
 */
export function progressLine(stream: WriteStream, what: string): ProgressLine {
  if (!stream.isTTY) return { show: () => undefined, clear: () => undefined };
  let shown = -1;
  return {
    show: ({ done, total }) => {
      const percent = Math.floor((100 * done) / Math.max(1, total));
      if (percent === shown) return;
      shown = percent;
      stream.write(`\r${what}: ${percent} %`);
    },
    clear: () => {
      if (shown >= 0) stream.write("\r\u001b[K");
    },
  };
}
