import type { JSX } from "preact";

const PATHS = {
  first: "M4 3v10M13 3 6 8l7 5z",
  back: "M12 3 5 8l7 5z",
  on: "M4 3l7 5-7 5z",
  last: "M12 3v10M3 3l7 5-7 5z",
  sun: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3 3l1.2 1.2M11.8 11.8 13 13M3 13l1.2-1.2M11.8 4.2 13 3",
  moon: "M13 10A6 6 0 0 1 6 3a5.5 5.5 0 1 0 7 7z",
  auto: "M8 2v12A6 6 0 0 1 8 2a6 6 0 0 1 0 12",
} as const;

/** Drawn, because not every font has such characters. */
export function Icon({ name, words }: { name: keyof typeof PATHS; words: string }): JSX.Element {
  const isFilled = name !== "sun" && name !== "auto";
  return (
    <>
      <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <path
          d={PATHS[name]}
          fill={isFilled ? "currentColor" : "none"}
          stroke="currentColor"
          stroke-width="1.4"
          stroke-linecap="round"
          stroke-linejoin="round"
        />
      </svg>
      <span class="visually-hidden">{words}</span>
    </>
  );
}
