// Usage: tsx scripts/docs/profile-tables.ts driver | memory | evidence
//
// Prints what the profiles say as tables: one row for each field of the driver or of memory
// management, one column for each version; or since when each behaviour holds and what shows it.

import { EVIDENCE, type Evidence, type Proof } from "../../src/linux/evidence.js";
import { linuxProfile, PROFILE_NAMES, type LinuxProfile } from "../../src/linux/profile.js";
import { inWords } from "./value-words.js";

const [which] = process.argv.slice(2);
switch (which) {
  case "driver":
    process.stdout.write(table(versions("field"), fields(["driver"])));
    break;
  case "memory":
    process.stdout.write(table(versions("field"), fields(["mm", "kpageflags"])));
    break;
  case "evidence":
    process.stdout.write(table(["field", "what the kernel does", "since", "shown by"], evidence()));
    break;
  default:
    throw new Error(`must name driver, memory or evidence, got ${which ?? "nothing"}`);
}

function versions(first: string): string[] {
  return [first, ...PROFILE_NAMES];
}

function fields(parts: readonly ("driver" | "mm" | "kpageflags")[]): string[][] {
  return parts.flatMap((part) =>
    Object.keys(linuxProfile("v6.1")[part]).map((field) => [
      `\`${part}.${field}\``,
      ...PROFILE_NAMES.map((name) => valueOf(linuxProfile(name), part, field)),
    ]),
  );
}

function valueOf(
  profile: LinuxProfile,
  part: "driver" | "mm" | "kpageflags",
  field: string,
): string {
  return inWords(Object.entries(profile[part]).find(([name]) => name === field)?.[1]);
}

function evidence(): string[][] {
  return Object.entries<Evidence>(EVIDENCE).map(([field, { does, since, shown }]) => [
    `\`${field}\``,
    does,
    since,
    proof(shown),
  ]);
}

function proof(shown: Proof): string {
  switch (shown.by) {
    case "recordings":
      return shown.also === undefined ? shown.names : `${shown.names}; ${shown.also}`;
    case "source":
      return shown.where;
    case "nothing":
      return `unproven: ${shown.why}`;
  }
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("");
}
