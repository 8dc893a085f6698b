// Examples that come with the page. Their contents are part of its scripts: nothing is fetched.

import { later } from "./later.js";

/** One to click. */
export interface Example {
  readonly file: string;
  readonly title: string;
  readonly words: string;
  readonly kind: "capture" | "scenario";
}

const SCENARIOS = import.meta.glob<string>("../../examples/scenarios/*.yaml", {
  query: "?raw",
  import: "default",
  eager: true,
});

/** What the first comment of a scenario asks. */
function questionOf(text: string): string {
  const lines = text.split("\n");
  const end = lines.findIndex((line) => line === "#" || !line.startsWith("#"));
  return lines
    .slice(0, end)
    .map((line) => line.replace(/^# ?/, ""))
    .join(" ");
}

function titleOf(text: string): string {
  return /^title: *(.+)$/m.exec(text)?.[1] ?? "A scenario";
}

export const EXAMPLES: readonly Example[] = [
  {
    file: "web-server.tar.gz",
    title: "A web server gives back 3 GiB",
    words: "PostgreSQL, nginx and redis on Linux 6.1: which 54 MiB stay, and why?",
    kind: "capture",
  },
  ...Object.entries(SCENARIOS).map(([path, text]) => ({
    file: path.split("/").at(-1) ?? path,
    title: titleOf(text),
    words: questionOf(text),
    kind: "scenario" as const,
  })),
];

/** @throws Error where there is no such example: a link can name any. */
export async function contentOf(file: string): Promise<Blob> {
  const scenario = Object.entries(SCENARIOS).find(([path]) => path.endsWith(`/${file}`))?.[1];
  if (scenario !== undefined) return new Blob([scenario]);
  const known = EXAMPLES.some((example) => example.file === file);
  if (!known) throw new Error(`the example must be one of this page, got ${file.slice(0, 60)}`);
  const { base64 } = await later.webServer();
  return new Blob([Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))]);
}
