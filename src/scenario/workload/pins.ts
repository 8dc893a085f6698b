import { zoneKindNumber } from "../../core/zone-kind.js";
import { MiB } from "../../units.js";
import { described, SIZE } from "../file/schema-parts.js";
import { workloadSchema, type KindOfWorkload, type WorkloadLife } from "./kind.js";
import { memory, pages } from "./values.js";

/** Memory pinned for good. */
export interface PinsWorkload extends WorkloadLife {
  /** Tells this kind of workload from the others. */
  readonly kind: "pins";
  /** Bytes. */
  readonly size: number;
  /** Bytes a second. */
  readonly rate: number;
  /** `kernel`: Linux moves it out of ZONE_MOVABLE before it pins it; `any`: it does not know. */
  readonly zone: "kernel" | "any";
}

/** Memory that a device or RDMA keeps for good. @internal */
export const PINS: KindOfWorkload<PinsWorkload, "target" | "rate" | "kind"> = {
  core: { number: 4, settings: { target: 0, rate: 1, kind: 2 } },
  schema: workloadSchema(
    "Memory that a device or RDMA keeps for good: anonymous pages that cannot move.",
    ["size"],
    {
      size: described(SIZE, "How much is to be pinned."),
      rate: described(SIZE, "Pinned per second. Default: 100MiB."),
      zone: described(
        { enum: ["kernel", "any"] },
        "Where the pages may lie. Linux takes long-term pins from kernel zones. Default: kernel.",
      ),
    },
  ),
  resolve: (fields, limits) => ({
    size: memory(fields, "size", limits),
    rate: fields.size("rate", 100 * MiB),
    zone: fields.choice("zone", "kernel"),
  }),
  settings: ({ size, rate, zone }) => ({
    target: pages(size),
    rate: pages(rate),
    kind: zoneKindNumber(zone === "any" ? "Movable" : "Normal"),
  }),
  spreads: ["size"],
  pagesPerSecond: ({ rate }) => pages(rate),
};
