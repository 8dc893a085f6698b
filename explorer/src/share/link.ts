// A link holds what the page shows in its fragment, which browsers send to nobody: a scenario with
// its settings, or the settings of an example.

import type { ScenarioSettings, Settings } from "../settings.js";

/** What a link holds. */
export type Shared =
  | {
      readonly kind: "scenario";
      readonly name: string;
      readonly text: string;
      readonly settings: ScenarioSettings;
    }
  | { readonly kind: "example"; readonly name: string; readonly settings: Settings };

/** Longer fragments come from no link of this page. */
const MOST_CHARACTERS = 2 ** 21;
const PREFIX = "#v1=";

export async function linkOf(shared: Shared, page: string): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(shared));
  const packed = await through(bytes, new CompressionStream("deflate-raw"));
  return `${page.split("#", 1)[0] ?? ""}${PREFIX}${base64Url(packed)}`;
}

/**
 * @returns undefined for a fragment that is none of a link.
 * @throws Error in words for one that is damaged.
 */
export async function sharedIn(fragment: string): Promise<Shared | undefined> {
  if (!fragment.startsWith(PREFIX)) return undefined;
  if (fragment.length > MOST_CHARACTERS) throw new Error("the link must be shorter than 2 MiB");
  let value: unknown;
  try {
    const packed = bytesOf(fragment.slice(PREFIX.length));
    const bytes = await through(packed, new DecompressionStream("deflate-raw"));
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new Error("the link must be whole, got one that is cut off or damaged");
  }
  if (!isShared(value)) throw new Error("the link must be one of this page, got another");
  return value;
}

function isShared(value: unknown): value is Shared {
  if (typeof value !== "object" || value === null) return false;
  const { kind, name, text, settings } = value as Record<string, unknown>;
  if (typeof name !== "string" || typeof settings !== "object" || settings === null) return false;
  return kind === "example" || (kind === "scenario" && typeof text === "string");
}

async function through(
  bytes: Uint8Array<ArrayBuffer>,
  stream: CompressionStream | DecompressionStream,
): Promise<Uint8Array<ArrayBuffer>> {
  const piped = new Blob([bytes]).stream().pipeThrough(stream);
  return new Uint8Array(await new Response(piped).arrayBuffer());
}

function base64Url(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
