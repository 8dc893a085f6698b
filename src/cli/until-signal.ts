import { EXIT_INTERRUPTED } from "./exit-status.js";

/** What ends a server. */
export const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Work that can be ended with what there is. */
export interface Stoppable {
  /** Whether it was stopped. */
  readonly isStopped: boolean;
  stop(): void;
}

/** The first SIGINT or SIGTERM ends the work with what it has; the second ends it at once. */
export async function untilSignal(work: Stoppable, run: () => Promise<void>): Promise<void> {
  const signals = ["SIGINT", "SIGTERM"] as const;
  const onSignal = (): void => {
    if (work.isStopped) process.exit(EXIT_INTERRUPTED);
    work.stop();
  };
  for (const signal of signals) process.on(signal, onSignal);
  try {
    await run();
  } finally {
    for (const signal of signals) process.removeListener(signal, onSignal);
  }
}
