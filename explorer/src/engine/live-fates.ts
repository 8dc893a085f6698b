import type { Guest } from "../../../src/index.js";
import { obstacleReason } from "../../../src/predict/obstacle-reason.js";
import { FATES } from "../../../src/report/region-map.js";
import { cellsOf } from "./geometry.js";
import type { LiveFrame, Region } from "./protocol.js";
import { pluggedCells } from "./recorder.js";
import { PAGE_SIZE } from "../../../src/units.js";

const UNPLUGGED = FATES.indexOf("unplugged");
const GIVEN_BACK = FATES.indexOf("given-back");
const ADDED = FATES.indexOf("added");
const STAYS = FATES.indexOf("stays");

/** What has become of each cell of a device so far, while its driver works. */
export class LiveFates {
  readonly #guest: Guest;
  readonly #region: Region;
  readonly #fate: Uint8Array;
  /** Stops following. */
  readonly end: () => void;

  constructor(guest: Guest, region: Region) {
    this.#guest = guest;
    this.#region = region;
    this.#fate = pluggedCells(guest, 0, region).map((is) => (is === 1 ? STAYS : UNPLUGGED));
    this.end = guest.log.follow((entry) => {
      if (entry.type === "request" && entry.response === "ACK") {
        const size = entry.nbBlocks * guest.device.blockSize;
        if (entry.request === "PLUG") this.#fill(entry.offset, size, ADDED);
        else if (entry.request === "UNPLUG") this.#fill(entry.offset, size, GIVEN_BACK);
      } else if (entry.type === "contig" && entry.stage !== "done") {
        const { group } = obstacleReason({
          class: entry.blockingClass ?? null,
          stage: entry.stage,
        });
        const offset = entry.startPfn * PAGE_SIZE - region.regionStart;
        this.#fill(offset, entry.nrPages * PAGE_SIZE, FATES.indexOf(group));
      }
    });
  }

  frame(): LiveFrame {
    const { device, clock } = this.#guest;
    const fate = this.#fate.slice();
    return { region: this.#region, fate, pluggedSize: device.pluggedSize, ms: clock.nowMs };
  }

  #fill(offset: number, size: number, fate: number): void {
    const { first, count } = cellsOf(this.#region, offset, size);
    this.#fate.fill(fate, first, first + count);
  }
}
