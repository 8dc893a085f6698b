import type { SandboxedJob } from "bullmq";

import { engineHash } from "./engine-hash.js";
import { processChunk } from "./process-chunk.js";
import type { QueueAnswer, QueueChunk } from "./queue-chunk.js";

// BullMQ starts this file in processes of their own, so that work which leaves no time for events
// does not cost its worker the lock of the chunk.

const engine = engineHash(new URL("..", import.meta.url));

// A worker that was killed takes no answer. BullMQ would send it the error that nothing can be
// sent, and so on without end, which leaves no time for the event.
process.once("disconnect", () => process.exit());
process.prependListener("uncaughtException", ({ code }: NodeJS.ErrnoException) => {
  if (!process.connected || code === "EPIPE" || code === "ERR_IPC_CHANNEL_CLOSED") process.exit(1);
});

/** Works off a chunk. */
function processJob(
  { data }: SandboxedJob<QueueChunk, QueueAnswer>,
  _token: string | undefined,
  signal: AbortSignal | undefined,
): Promise<QueueAnswer> {
  return processChunk(data, { engine, signal });
}

// by which BullMQ finds it
export { processJob as default };
