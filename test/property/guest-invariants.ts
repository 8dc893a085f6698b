import { expect } from "vitest";

import type { LogEntry } from "../../src/log/event-log.js";
import { explain } from "../../src/predict/explain.js";
import { MEMORY_BLOCK, type World } from "./guest-world.js";

// What holds whenever nothing is going on: the invariants of docs/spec/device.md and
// docs/spec/driver.md.

const MiB = 2 ** 20;
const GiB = 2 ** 30;
const SEEN = new WeakMap<World, number>();

/** Checks everything that happened since the last call, and how things stand. */
export function checkWorld(world: World): void {
  const entries = world.log.entries;
  const start = Math.max(SEEN.get(world) ?? 0, world.loadedAt);
  SEEN.set(world, entries.length);
  const news = entries.slice(start);
  checkDevice(world, news);
  const before = entries.slice(0, start).findLast((entry) => entry.type === "requested-size");
  checkRuns(world, news, before?.size ?? 0);
  if (world.driver.isBroken) {
    checkBroken(world, entries);
    return;
  }
  if (!world.hostFailed) checkAgreement(world);
  checkMemoryBlocks(world);
  checkWaiting(world, entries);
  const { requestedSize, pluggedSize } = world.device;
  const { sentences } = explain(world);
  expect(sentences.length).toBeGreaterThan(requestedSize === pluggedSize ? 0 : 1);
}

/** The device's own sizes and blocks. Half-done requests are a defect that some flavours have. */
function checkDevice({ device, hostFailed }: World, news: readonly LogEntry[]): void {
  const plugged = [...device.pluggedRuns()].reduce((sum, [, count]) => sum + count, 0);
  const { blockSize, pluggedSize, requestedSize, usableRegionSize, regionSize, flavour } = device;
  const isDefective = hostFailed && flavour.plugFailure.leaves !== "nothing";
  if (!isDefective) expect(pluggedSize).toBe(plugged * blockSize);
  if (flavour.unplugAll.usable !== "nothing") {
    expect(requestedSize).toBeLessThanOrEqual(usableRegionSize);
  }
  expect(usableRegionSize).toBeLessThanOrEqual(regionSize);
  for (const size of [pluggedSize, requestedSize, usableRegionSize]) {
    expect(size % blockSize).toBe(0);
  }
  for (const [first, count] of device.pluggedRuns()) {
    expect((first + count) * blockSize).toBeLessThanOrEqual(usableRegionSize);
  }
  let isAllUnplugged = news.length === 0;
  for (const entry of news) {
    if (entry.type === "request") isAllUnplugged = entry.request === "UNPLUG_ALL";
    // shrinks in UNPLUG_ALL, logged just before its answer, or in a reset, before a driver is
    // loaded
    if (entry.type !== "usable-region" || entry.newSize >= entry.oldSize) continue;
    const answer = news[news.indexOf(entry) + 1];
    const inUnplugAll = answer?.type === "request" && answer.request === "UNPLUG_ALL";
    expect(inUnplugAll || isAllUnplugged).toBe(true);
  }
}

/** What each run sent, and in which order. */
function checkRuns(world: World, news: readonly LogEntry[], requestedBefore: number): void {
  for (const { run, requestedSize } of runsOf(news, requestedBefore)) {
    checkDirection(world, run, requestedSize);
    checkAttempts(world, run);
  }
  for (const entry of news) {
    // a conforming driver never gets an error, unless the host fails and the flavour calls that so
    if (entry.type !== "request" || entry.response !== "ERROR") continue;
    expect(world.hostFailed).toBe(true);
  }
}

interface Run {
  readonly run: readonly LogEntry[];
  /** When it began. */
  readonly requestedSize: number;
}

function* runsOf(entries: readonly LogEntry[], requestedBefore: number): Generator<Run> {
  let requestedSize = requestedBefore;
  let run: LogEntry[] | undefined;
  let begunWith = requestedSize;
  for (const entry of entries) {
    if (entry.type === "requested-size") requestedSize = entry.size;
    if (entry.type === "run-start") {
      run = [];
      begunWith = requestedSize;
    }
    run?.push(entry);
    if (entry.type === "run-end" && run !== undefined) {
      yield { run, requestedSize: begunWith };
      run = undefined;
    }
  }
}

/** With a size that stands, a run never goes beyond it. */
function checkDirection({ device }: World, run: readonly LogEntry[], requestedSize: number): void {
  const [start] = run;
  if (start?.type !== "run-start" || run.some(({ type }) => type === "requested-size")) return;
  // the first run after loading learns the sizes by UNPLUG_ALL
  if (run.some((entry) => entry.type === "request" && entry.request === "UNPLUG_ALL")) return;
  let { pluggedSize } = start;
  for (const entry of run) {
    if (entry.type !== "request" || entry.response !== "ACK") continue;
    const size = entry.nbBlocks * device.blockSize;
    if (entry.request === "PLUG") {
      pluggedSize += size;
      expect(pluggedSize).toBeLessThanOrEqual(requestedSize);
    } else if (entry.request === "UNPLUG") {
      // what could not be added goes at once, below the requested size
      const undoes = pluggedSize <= requestedSize;
      pluggedSize -= size;
      if (!undoes) expect(pluggedSize).toBeGreaterThanOrEqual(requestedSize);
    }
  }
}

/**
 * No attempt in ZONE_MOVABLE where a version leaves it alone; subblocks in the version's direction.
 */
function checkAttempts({ driver, profile, memory }: World, run: readonly LogEntry[]): void {
  const { subblockSize, bigBlockSize } = driver.geometry;
  if (bigBlockSize !== undefined) return;
  const isAscending = driver.policy.subblocks === "ascending";
  const last = new Map<number, number>();
  for (const entry of run) {
    if (entry.type === "memory-block-state" || entry.type === "requested-size") last.clear();
    if (entry.type !== "contig") continue;
    const address = entry.startPfn * 4096;
    const id = Math.floor(address / MEMORY_BLOCK);
    if (profile.driver.refusesPartialMovable) {
      expect(memory.memoryBlock(id)?.zone).not.toBe("Movable");
    }
    if (entry.nrPages * 4096 !== subblockSize) continue;
    const before = last.get(id);
    last.set(id, address);
    if (before === undefined || before === address) continue;
    expect(address > before).toBe(isAscending);
  }
}

/** A broken driver sends nothing. */
function checkBroken({ hostFailed }: World, entries: readonly LogEntry[]): void {
  expect(hostFailed).toBe(true);
  const end = entries.findLastIndex(({ type }) => type === "run-end");
  const after = entries.slice(end + 1).filter(({ type }) => type === "request");
  expect(after).toEqual([]);
}

/** Both sides know the same plugged memory. */
function checkAgreement({ driver, device }: World): void {
  const plugged = driver.memoryBlocks().reduce((sum, { pluggedSize }) => sum + pluggedSize, 0);
  if (driver.isFrozen || device.health !== "working") return;
  // until UNPLUG_ALL is through the driver has no memory blocks for what was left over
  if (plugged === 0 && driver.retryDueNs !== undefined) return;
  expect(driver.pluggedSize).toBe(device.pluggedSize);
  expect(plugged).toBe(device.pluggedSize);
}

/** States, bits, what Linux knows, which pages are in the page allocator. */
function checkMemoryBlocks({ driver, memory, profile, offlinedByHand }: World): void {
  const memoryBlocks = driver.memoryBlocks();
  let offline = 0;
  for (const { id, state, pluggedSize } of memoryBlocks) {
    const isPartial = state.endsWith("-partial");
    if (state === "plugged") expect(pluggedSize).toBeGreaterThan(0);
    else expect(pluggedSize === MEMORY_BLOCK).toBe(!isPartial);
    const info = memory.memoryBlock(id);
    const isOffline = state.startsWith("offline");
    if (isOffline) offline++;
    expect(info?.state).toBe(state === "plugged" ? undefined : isOffline ? "offline" : "online");
    if (info?.state !== "online") continue;
    expect(info.zone === "Movable").toBe(state.startsWith("movable"));
    expect(memory.nrBuddyPages(id) * 4096).toBe(pluggedSize);
  }
  expect(memory.memoryBlockIds()).toEqual(
    memoryBlocks.filter(({ state }) => state !== "plugged").map(({ id }) => id),
  );
  if (offlinedByHand) return;
  const { offlineLimit } = profile.driver;
  if (offlineLimit.kind === "memory-blocks") {
    expect(offline).toBeLessThanOrEqual(offlineLimit.count);
  } else {
    expect(offline * MEMORY_BLOCK).toBeLessThanOrEqual(Math.max(GiB, offlineLimit.size));
  }
}

/** Why the last run ended, and what is waited for. */
function checkWaiting(world: World, entries: readonly LogEntry[]): void {
  const { driver, device, profile, loadedAt } = world;
  const { minimumMs, maximumMs } = profile.driver.retry;
  for (const entry of entries.slice(loadedAt)) {
    if (entry.type !== "retry-armed") continue;
    const waitMs = (entry.dueNs - entry.atNs) / 1e6;
    expect(waitMs).toBeGreaterThanOrEqual(minimumMs);
    expect(waitMs).toBeLessThanOrEqual(maximumMs);
    expect(waitMs === maximumMs || Number.isInteger(Math.log2(waitMs / minimumMs))).toBe(true);
  }
  if (driver.isFrozen) return;
  const last = entries.slice(loadedAt).findLast((entry) => entry.type === "run-end");
  const isRetried = last !== undefined && [-16, -26, -12].includes(last.errno);
  expect(driver.retryDueNs !== undefined).toBe(isRetried);
  const unit = driver.geometry.bigBlockSize ?? driver.geometry.subblockSize;
  if (last?.errno === 0 && !world.hostFailed) {
    const missing = Math.abs(device.requestedSize - device.pluggedSize);
    expect(missing).toBeLessThan(Math.max(unit, 2 * MiB));
  }
  const hasEmpty = driver
    .memoryBlocks()
    .some(({ state, pluggedSize }) => pluggedSize === 0 && !state.startsWith("offline"));
  if (hasEmpty && profile.driver.emptyMemoryBlocks === "removed-with-retry") {
    expect(driver.retryDueNs).toBeDefined();
  }
}
