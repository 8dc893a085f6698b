import type { AccountingProfile } from "../virtio-mem/driver-profile.js";
import type { Zone, ZoneTable } from "./zone-table.js";

/** What accounting needs to know of a memory block. */
export interface AccountedBlock {
  /** Zone that it is online in; undefined while it is offline. */
  zone: Zone | undefined;
  /** Its pages that its zone counts as managed. */
  managed: number;
  /** Its pages that are fake-offline: taken back, or never onlined. */
  withdrawn: number;
}

/**
 * Linux's accounting of added memory: present and managed pages of zones, and total RAM
 * (docs/spec/driver.md, "Accounting").
 *
 * | pages                     | total RAM | managed       | present |
 * | ------------------------- | --------- | ------------- | ------- |
 * | at the page allocator (A) | yes       | yes           | yes     |
 * | never onlined (B)         | no        | no            | yes     |
 * | taken back (C)            | no        | by version    | yes     |
 * | of an offline block       | no        | no            | no      |
 */
export class MemoryAccounting {
  readonly #zones: ZoneTable;
  readonly #rules: AccountingProfile;
  readonly #pagesPerBlock: number;

  constructor(zones: ZoneTable, rules: AccountingProfile, pagesPerBlock: number) {
    this.#zones = zones;
    this.#rules = rules;
    this.#pagesPerBlock = pagesPerBlock;
  }

  /** A memory block came online; `pages` of it went to the page allocator. */
  online(block: AccountedBlock, zone: Zone, pages: number): void {
    block.zone = zone;
    block.managed = pages;
    block.withdrawn = this.#pagesPerBlock - pages;
    zone.managed += pages;
    zone.present += this.#pagesPerBlock;
    this.#zones.totalRam += pages;
  }

  /**
   * A memory block went offline.
   *
   * The whole series of 2019 subtracts all its pages from the managed ones, also those that were
   * never onlined and so never added: the zone then has too few.
   */
  offline(block: AccountedBlock): void {
    const { zone } = block;
    if (zone === undefined) return;
    const all = this.#pagesPerBlock;
    zone.managed -= this.#rules.offlineSubtractsAll ? all : block.managed;
    zone.present -= all;
    this.#zones.totalRam -= all - block.withdrawn;
    block.zone = undefined;
    block.managed = 0;
    block.withdrawn = 0;
  }

  /**
   * Another notifier vetoed that a memory block goes offline before its driver was asked, and the
   * driver hears only that it is called off. That of the 2019 series takes back what it has never
   * added.
   */
  cancelledUnasked(block: AccountedBlock): void {
    if (this.#rules.cancelsUnasked) this.#zones.totalRam -= block.withdrawn;
  }

  /** Pages were taken back from the page allocator. */
  taken(block: AccountedBlock, nrPages: number): void {
    block.withdrawn += nrPages;
    this.#zones.totalRam -= nrPages;
    if (this.#rules.takenLeaveManaged) this.#addManaged(block, -nrPages);
  }

  /** Fake-offline pages went to the page allocator. */
  givenBack(block: AccountedBlock, nrPages: number, neverOnlined: boolean): void {
    block.withdrawn -= nrPages;
    this.#zones.totalRam += nrPages;
    if (neverOnlined || this.#rules.takenLeaveManaged) this.#addManaged(block, nrPages);
  }

  #addManaged(block: AccountedBlock, nrPages: number): void {
    if (block.zone !== undefined) block.zone.managed += nrPages;
    block.managed += nrPages;
  }
}
