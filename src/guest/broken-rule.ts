import { PAGE_SIZE } from "../core/abi.js";
import type { Guest, GuestDevice } from "./guest.js";

/**
 * What holds of a guest between any two events: the page allocator's own invariants, the accounting
 * of zones, of each device and of each driver (docs/spec/driver.md, "Accounting").
 *
 * @param hostFailed - has a host refused memory? Some devices then keep half of a request, as
 *   their flavour says, and disagree with their driver from then on.
 * @returns the first that does not hold, in words.
 */
export function brokenRuleOf(guest: Guest, hostFailed: boolean): string | undefined {
  const broken = guest.pages.validate();
  if (broken !== undefined) return broken;
  for (const [index, one] of guest.devices.entries()) {
    const found = deviceFault(one, hostFailed) ?? driverFault(one, hostFailed);
    if (found !== undefined) return `device ${index}: ${found}`;
  }
  return zoneFault(guest) ?? (hostFailed ? undefined : totalFault(guest));
}

/** Keeps a flavour half of a request when its host fails, or says ERROR, which ends the driver? */
function isDefective({ device }: GuestDevice, hostFailed: boolean): boolean {
  const { plugFailure, unmapFailure } = device.flavour;
  return hostFailed && (plugFailure.leaves !== "nothing" || unmapFailure !== undefined);
}

function deviceFault(one: GuestDevice, hostFailed: boolean): string | undefined {
  const { blockSize, pluggedSize, requestedSize, usableRegionSize, regionSize } = one.device;
  let blocks = 0;
  let end = 0;
  for (const [first, count] of one.device.pluggedRuns()) {
    blocks += count;
    end = first + count;
  }
  if (!isDefective(one, hostFailed) && blocks * blockSize !== pluggedSize) {
    return `plugged size must be ${blocks * blockSize}, as its blocks are, got ${pluggedSize}`;
  }
  if (end * blockSize > usableRegionSize) {
    return `plugged blocks must end in the usable region (${usableRegionSize}), got ${end * blockSize}`;
  }
  for (const size of [pluggedSize, requestedSize, usableRegionSize]) {
    if (size < 0 || size > regionSize || size % blockSize !== 0) {
      return `sizes must be whole blocks of the region (${regionSize}), got ${size}`;
    }
  }
  return undefined;
}

function driverFault(one: GuestDevice, hostFailed: boolean): string | undefined {
  const { device, driver } = one;
  if (isDefective(one, hostFailed)) return undefined;
  if (driver.isBroken) return hostFailed ? undefined : "the driver must work, got a broken one";
  // it has asked already, and waits for the time that an answer takes
  if (driver.isRunning) return undefined;
  const sum = driver.memoryBlocks().reduce((all, { pluggedSize }) => all + pluggedSize, 0);
  if (sum === device.pluggedSize) return undefined;
  return `the driver must know ${device.pluggedSize} plugged bytes, got ${sum}`;
}

function zoneFault({ pages, zones }: Guest): string | undefined {
  for (const { id, kind, node, managed, present } of zones.all()) {
    const where = `node ${node}, zone ${kind}`;
    if (managed > present) return `${where}: managed must be at most ${present}, got ${managed}`;
    const free = pages.freePages(id);
    if (free > present) return `${where}: free must be at most ${present}, got ${free}`;
    const inUse = pages.presentPages(id);
    if (inUse !== present) return `${where}: present must be ${inUse} pages, got ${present}`;
  }
  return undefined;
}

/**
 * Total RAM is boot memory and what of the devices is plugged and online, without the struct pages
 * that a memory block may have at its start (memmap on memory). It is lower where the driver takes
 * back what it has never added, after another notifier's veto.
 */
function totalFault({ devices, hotplug, profile, zones }: Guest): string | undefined {
  if (devices.some(({ driver }) => driver.isRunning || driver.isBroken)) return undefined;
  let online = 0;
  for (const { driver } of devices) {
    for (const { id, pluggedSize } of driver.memoryBlocks()) {
      if (hotplug.memoryBlock(id)?.state === "online")
        online += pluggedSize - hotplug.ownMemmapSize;
    }
  }
  const boot = zones.all().reduce((sum, { bootPresent }) => sum + bootPresent, 0);
  const total = (zones.totalRam - boot) * PAGE_SIZE;
  if (total === online) return undefined;
  if (total < online && profile.driver.accounting.cancelsUnasked) return undefined;
  return `total RAM must be ${online} bytes above boot memory, got ${total}`;
}
