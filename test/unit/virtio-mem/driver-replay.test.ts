import { describe, expect, test } from "vitest";
import type { ZoneKind } from "../../../src/core/zone-kind.js";
import { VirtualClock } from "../../../src/clock.js";
import { EventLog } from "../../../src/log/event-log.js";
import { linuxProfile } from "../../../src/linux/profile.js";
import { VirtioMemDevice } from "../../../src/virtio-mem/device/device.js";
import { VirtioMemDriver } from "../../../src/virtio-mem/driver/driver.js";
import {
  recordedBoots,
  type HostEvent,
  type Observation,
  type RecordedBoot,
} from "./recorded-boot.js";
import { ReplayedLinuxMemory } from "./replayed-linux-memory.js";

// The real driver's requests, given what the real memory management answered. The memory is
// replayed call by call, so that not only the requests but also every attempt, removal and addition
// must be the recorded one, in the recorded order.

const PAGE_SIZE = 4096;
const NS_PER_S = 1e9;
/** A retry comes this much later than computed at most: the guest has other work, too. */
const RETRY_SLACK_S = 0.25;

interface Replay {
  readonly log: EventLog;
  readonly device: VirtioMemDevice;
  readonly driver: VirtioMemDriver;
  /** Seconds by which retries came later in the guest than here. */
  readonly retrySlack: number[];
}

/** From the load of the driver to the end of the recording. */
function replayBoot(boot: RecordedBoot): Replay {
  const first = boot.host.find(({ ev }) => ev === "requested-size")?.t ?? 0;
  return replay(boot, { from: first - 1, to: Infinity, observation: undefined });
}

/** One observed request, from what was known before it. */
function replayObservation(boot: RecordedBoot, observation: Observation): Replay {
  return replay(boot, { from: observation.requestTime, to: observation.endTime, observation });
}

function replay(
  boot: RecordedBoot,
  { from, to, observation }: { from: number; to: number; observation: Observation | undefined },
): Replay {
  const clock = new VirtualClock();
  const log = new EventLog(clock);
  const within = ({ t }: { t: number }): boolean => t >= from && t <= to;
  const { addr, blockSize, regionSize } = boot;
  const memory = new ReplayedLinuxMemory({
    events: boot.guest.filter(within),
    clock,
    addr,
    startTime: from,
    memoryBlockSize: boot.memoryBlockSize,
    onlining: boot.onlining,
  });
  const device = new VirtioMemDevice({
    addr,
    regionSize,
    blockSize,
    log,
    ...(observation === undefined ? {} : before(boot, observation)),
  });
  if (observation !== undefined) place(memory, boot, observation, device);
  const options = {
    device,
    memory,
    log,
    profile: linuxProfile("v6.1"),
    parameters: boot.parameters,
  };
  const driver =
    observation === undefined ? VirtioMemDriver.probe(options) : VirtioMemDriver.resume(options);
  driver.run();

  for (const { t, size } of boot.host.filter(within).filter(isRequestedSize)) {
    clock.setTimer(Math.round((t - from) * NS_PER_S), () => {
      device.requestSize(size ?? 0);
      driver.run();
    });
  }
  const retrySlack: number[] = [];
  for (let due = clock.nextTimerNs; due !== undefined; due = clock.nextTimerNs) {
    const next = memory.nextEvent;
    if (due === driver.retryDueNs) {
      // The recording stops before this retry.
      if (next === undefined) break;
      retrySlack.push(next.t - from - due / NS_PER_S);
    }
    clock.advanceToNs(due);
  }
  expect(memory.nextEvent, "all that the guest did was replayed").toBeUndefined();
  return { log, device, driver, retrySlack };
}

function isRequestedSize({ ev }: HostEvent): boolean {
  return ev === "requested-size";
}

function before(boot: RecordedBoot, observation: Observation): object {
  const past = boot.host.filter(({ t }) => t < observation.requestTime);
  return {
    requestedSize: past.findLast(isRequestedSize)?.size ?? 0,
    usableRegionSize: past.map(newUsableSize).findLast((size) => size !== undefined) ?? 0,
    plugged: observation.pluggedBefore.filter((run) => run[2] === 1),
  };
}

function newUsableSize({ ev, raw }: HostEvent): number | undefined {
  if (ev !== "usable-region") return undefined;
  return Number(/new_size=(0x[\da-f]+)/.exec(raw ?? "")?.[1]);
}

function place(
  memory: ReplayedLinuxMemory,
  boot: RecordedBoot,
  observation: Observation,
  device: VirtioMemDevice,
): void {
  for (const { id, state, valid_zones: zone } of observation.memoryBlocksBefore) {
    memory.place(id, state === "online" ? (zone as ZoneKind) : undefined, (pfn) =>
      device.isAll(Math.floor((pfn * PAGE_SIZE - boot.addr) / boot.blockSize), 1, true),
    );
  }
}

function requestsOf({ log }: Replay): string[] {
  return [...log.of("request")].map(
    ({ request, offset, nbBlocks, response }) => `${request} ${offset} ${nbBlocks} ${response}`,
  );
}

function recordedRequests(events: readonly HostEvent[]): string[] {
  return events
    .filter(({ ev }) => ev === "PLUG" || ev === "UNPLUG")
    .map(({ ev, off, nb_blocks: nbBlocks, resp }) => `${ev} ${off!} ${nbBlocks!} ${resp!}`);
}

const boots = recordedBoots();
const observations = boots.flatMap((boot) =>
  boot.observations.map((observation) => ({
    name: [boot.name, observation.name].filter((part) => part !== "").join("/"),
    boot,
    observation,
  })),
);

describe.each(boots)("a whole boot of $name", (boot) => {
  test("requests the same in the same order, with the same usable region", () => {
    const replayed = replayBoot(boot);
    expect(requestsOf(replayed)).toEqual(recordedRequests(boot.host));
    const sizes = boot.host.map(newUsableSize).filter((size) => size !== undefined && size !== 0);
    expect([...replayed.log.of("usable-region")].map(({ newSize }) => newSize)).toEqual(sizes);
  });

  test("retries when the guest did", () => {
    for (const slack of replayBoot(boot).retrySlack) {
      expect(slack).toBeGreaterThan(-0.02);
      expect(slack).toBeLessThan(RETRY_SLACK_S);
    }
  });
});

describe.each(observations)("the request of $name", ({ boot, observation }) => {
  test("is answered the same from the state before it", () => {
    const replayed = replayObservation(boot, observation);
    const inWindow = boot.host.filter(
      ({ t }) => t >= observation.requestTime && t <= observation.endTime,
    );
    expect(requestsOf(replayed)).toEqual(recordedRequests(inWindow));
  });

  test("leaves the same device blocks and memory blocks", () => {
    const { device, driver } = replayObservation(boot, observation);
    expect([...device.pluggedRuns()]).toEqual(
      observation.pluggedAfter
        .filter((run) => run[2] === 1)
        .map(([start, count]) => [start, count]),
    );
    const after = observation.memoryBlocksAfter.filter((block) => block.after !== null);
    expect(
      driver.memoryBlocks().map(({ id, zone, pluggedSize }) => ({ id, zone, pluggedSize })),
    ).toEqual(
      after.map(({ id, after: info, plugged_after: plugged }) => ({
        id,
        zone: info?.state === "online" ? info.valid_zones : undefined,
        pluggedSize: plugged === undefined ? boot.memoryBlockSize : plugged * boot.blockSize,
      })),
    );
  });
});

test("the recordings hold enough to prove the rules", () => {
  const requests = boots.flatMap((boot) => recordedRequests(boot.host));
  expect(requests.length).toBeGreaterThan(1000);
  expect(requests.filter((request) => request.startsWith("UNPLUG")).length).toBeGreaterThan(800);
});
