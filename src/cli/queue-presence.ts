import type { Redis } from "ioredis";

/** Who is at a queue. */
export type Presence = "worker" | "sweep";

/** Who does not say so again within this is gone. */
const GONE_MS = 30_000;
const SAY_EVERY_MS = 5000;

/** Says who is at a queue, so that sweeps and workers of other versions can tell why they wait. */
export class QueuePresence {
  readonly #redis: Redis;
  readonly #timer: NodeJS.Timeout;
  readonly #own: string;

  /**
   * @param redis - A connection of its own.
   * @param what - Who this is.
   * @param engine - Of which version and build.
   */
  constructor(redis: Redis, what: Presence, engine: string) {
    this.#redis = redis;
    this.#own = prefixOf(what) + engine;
    this.#timer = setInterval(() => void this.say(), SAY_EVERY_MS);
    // it tries again by itself, and who uses the queue says what is wrong
    redis.on("error", () => undefined);
  }

  /** That it is there; a queue that does not answer is told later. */
  async say(): Promise<void> {
    await this.#redis.set(this.#own, "1", "PX", GONE_MS).catch(() => undefined);
  }

  /** Engines of which a worker or a sweep is there, as far as the queue can tell. */
  async engines(what: Presence): Promise<string[]> {
    const found = new Set<string>();
    const prefix = prefixOf(what);
    let cursor = "0";
    try {
      do {
        const scan = await this.#redis.scan(cursor, "MATCH", `${prefix}*`, "COUNT", 1000);
        cursor = scan[0];
        for (const key of scan[1]) found.add(key.slice(prefix.length));
      } while (cursor !== "0");
    } catch {
      // what it has told so far
    }
    return [...found].sort();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#redis.disconnect();
  }
}

function prefixOf(what: Presence): string {
  return `virtio-mem:${what}:`;
}
