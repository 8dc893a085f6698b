import type * as BullMq from "bullmq";
import type * as IoRedis from "ioredis";

import { visibleText } from "../input-error.js";
import { UsageError } from "./usage-error.js";

/** A queue that answers, and the packages that speak with it. */
export interface QueueAccess {
  readonly bullmq: typeof BullMq;
  readonly url: string;
  /** For each of the queue's objects: lost connections are made again, for as long as it takes. */
  readonly connection: BullMq.RedisOptions;
  /** A connection beside those, whose commands fail while it is lost. */
  readonly redis: () => IoRedis.Redis;
}

/** A first answer must come within this. */
const ANSWER_MS = 5000;
const MOST_WAIT_MS = 2000;

/**
 * Loads what a queue needs, and looks at it before anything is left to it.
 *
 * @param url - `redis://host:6379`, of Redis or Valkey; `rediss://` with TLS.
 * @throws UsageError where a package is missing, or the queue cannot be relied on.
 */
export async function openQueue(url: string): Promise<QueueAccess> {
  assertUrl(url);
  const { bullmq, ioredis } = await packages();
  assertKeepsAll(await infoOf(ioredis, url), url);
  const retryStrategy = (times: number): number => Math.min(100 * times, MOST_WAIT_MS);
  return {
    bullmq,
    url,
    connection: { url, maxRetriesPerRequest: null, retryStrategy },
    redis: () => new ioredis.Redis(url, { maxRetriesPerRequest: 1, retryStrategy }),
  };
}

/** The queue of an engine: runs of another version or build stand in another. */
export function queueOf(engine: string): string {
  return `virtio-mem-${engine.replaceAll(":", "-")}`;
}

/** Where the queue is, without user and password. */
export function placeOf(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${visibleText(host)}`;
}

/** @throws UsageError */
function assertUrl(text: string): void {
  const isUrl = URL.canParse(text) && /^rediss?:$/.test(new URL(text).protocol);
  if (isUrl && new URL(text).hostname !== "") return;
  // it may hold a password
  const found = URL.canParse(text) ? `${new URL(text).protocol}//...` : "something else";
  throw new UsageError(
    `--queue must be a URL such as redis://127.0.0.1:6379, got ${visibleText(found)}`,
  );
}

async function packages() {
  try {
    const [bullmq, ioredis] = await Promise.all([import("bullmq"), import("ioredis")]);
    return { bullmq, ioredis };
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new UsageError(
      "--queue needs the packages bullmq and ioredis, which are not installed: npm install bullmq ioredis",
    );
  }
}

async function infoOf({ Redis }: typeof IoRedis, url: string): Promise<string> {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableReadyCheck: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    connectTimeout: ANSWER_MS,
    commandTimeout: ANSWER_MS,
  });
  let reason = "";
  redis.on("error", (error: Error) => {
    reason = error.message;
  });
  try {
    await redis.connect();
    return await redis.info();
  } catch (error) {
    if (reason === "") reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(
      `--queue must name a Redis or Valkey that answers, got from ${placeOf(url)}: ${visibleText(reason.slice(0, 200))}`,
    );
  } finally {
    redis.disconnect();
  }
}

/** @throws UsageError where it may drop what it was given. */
function assertKeepsAll(info: string, url: string): void {
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  if (!/^redis_version:/m.test(info)) {
    throw new UsageError(
      `--queue must name a Redis or Valkey, got from ${placeOf(url)} an INFO without redis_version`,
    );
  }
  if (policy === "noeviction") return;
  throw new UsageError(
    `--queue must name a Redis that drops nothing (maxmemory-policy noeviction), got ${visibleText(policy ?? "none")} at ${placeOf(url)}`,
  );
}
