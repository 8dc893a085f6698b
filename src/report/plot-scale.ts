/**
 * Round marks from 0 to at least `most`, about `wanted` of them, for a unit that counts in powers
 * of `base` (10, or 2 for bytes).
 */
export function marks(most: number, wanted: number, base: 2 | 10): number[] {
  const step = base === 2 ? binaryStep(most / wanted) : decimalStep(most / wanted);
  const nr = Math.max(1, Math.ceil(most / step));
  return Array.from({ length: nr + 1 }, (_, at) => at * step);
}

function decimalStep(rough: number): number {
  if (!(rough > 0)) return 1;
  let power = 1;
  while (power * 10 <= rough) power *= 10;
  while (power > rough) power /= 10;
  for (const factor of [1, 2, 5, 10]) if (power * factor >= rough) return power * factor;
  return power * 10;
}

function binaryStep(rough: number): number {
  let step = 1;
  while (step < rough) step *= 2;
  return step;
}

/** Marks for milliseconds: whole seconds, minutes, hours where they are many. */
export function timeMarks(mostMs: number, wanted: number): number[] {
  const steps = [
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000,
    300_000, 600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 21_600_000, 43_200_000,
    86_400_000,
  ];
  const step =
    steps.find((ms) => mostMs / ms <= wanted) ??
    Math.ceil(mostMs / wanted / 86_400_000) * 86_400_000;
  return Array.from({ length: Math.floor(mostMs / step) + 1 }, (_, at) => at * step);
}
