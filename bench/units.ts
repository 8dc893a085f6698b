const TIME_UNITS = ["ns", "us", "ms", "s"] as const;
const SIZE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** Three digits, with a unit. */
export function timeText(ns: number): string {
  return scaled(ns, 1000, TIME_UNITS);
}

export function sizeText(bytes: number): string {
  return scaled(bytes, 1024, SIZE_UNITS);
}

function scaled(value: number, step: number, units: readonly string[]): string {
  let unit = 0;
  while (value >= step * 0.9995 && unit < units.length - 1) {
    value /= step;
    unit++;
  }
  const text = value >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
  return `${text} ${units[unit]!}`;
}
