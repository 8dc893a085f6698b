import type { FleetAnswer, FleetRow } from "./fleet-row.js";

const METRICS: readonly (readonly [string, string, (answer: FleetAnswer) => number])[] = [
  ["plugged_bytes", "Plugged at the capture.", (answer) => answer.pluggedSizeBefore],
  ["requested_bytes", "Requested in the prediction.", (answer) => answer.requestedSize],
  [
    "predicted_plugged_bytes",
    "Plugged after the request, predicted.",
    (answer) => answer.pluggedSizeAfter,
  ],
  [
    "predicted_plugged_low_bytes",
    "Lower end of the interval of the prediction.",
    (answer) => answer.interval[0],
  ],
  [
    "predicted_plugged_high_bytes",
    "Upper end of the interval of the prediction.",
    (answer) => answer.interval[1],
  ],
  [
    "predicted_short_bytes",
    "What the request is predicted to fall short by.",
    (answer) => answer.shortSize,
  ],
];

/**
 * A fleet in the text format of Prometheus, for the textfile collector of node_exporter: gauges
 * with the labels `guest` and `device`.
 *
 * @param rows - A row per device, as {@link fleetRow} makes them.
 *
 * @example
 * ```js
 * import { failedFleetRow, fleetPrometheus } from "virtio-mem-engine";
 *
 * const row = failedFleetRow("db", "db.tar.gz", "iomem must be there, got no such file");
 * console.log(fleetPrometheus([row]).includes("virtio_mem_capture_usable")); // true
 * ```
 */
export function fleetPrometheus(rows: readonly FleetRow[]): string {
  const lines: string[] = [];
  const metric = (name: string, help: string, samples: readonly string[]): void => {
    if (samples.length === 0) return;
    lines.push(`# HELP virtio_mem_${name} ${help}`, `# TYPE virtio_mem_${name} gauge`);
    lines.push(...samples.map((sample) => `virtio_mem_${name}${sample}`));
  };
  metric(
    "capture_usable",
    "1 where the capture could be predicted from, else 0.",
    rows.map((row) => `${labelsOf(row)} ${row.answer === null ? 0 : 1}`),
  );
  for (const [name, help, of] of METRICS) {
    metric(
      name,
      help,
      rows.flatMap((row) => (row.answer === null ? [] : [`${labelsOf(row)} ${of(row.answer)}`])),
    );
  }
  metric("predicted_blocked_bytes", "Predicted to stay, by reason.", rows.flatMap(blockedSamples));
  return `${lines.join("\n")}\n`;
}

/** Several things that hold memory may be of one group; a series has one value. */
function blockedSamples(row: FleetRow): string[] {
  const sizes = new Map<string, number>();
  for (const { reason, size } of row.answer?.blockers ?? []) {
    sizes.set(reason, (sizes.get(reason) ?? 0) + size);
  }
  return [...sizes].map(([reason, size]) => `${labelsOf(row, { reason })} ${size}`);
}

function labelsOf({ guest, device }: FleetRow, more: Readonly<Record<string, string>> = {}) {
  const labels = { guest, ...(device === null ? {} : { device }), ...more };
  const words = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return `{${words.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
