import { isInputError, shown, visibleText } from "../input-error.js";
import { outOfMemory } from "../out-of-memory.js";
import { adviceOnAddressSpace } from "./address-space.js";
import { EXIT_BAD_INPUT } from "./exit-status.js";

/** What a command says in the end of an error, and its exit status. */
export interface Failure {
  readonly words: string;
  readonly exitCode: number;
}

/** EX_SOFTWARE of sysexits.h. */
const EXIT_BUG = 70;
/** Places of a stack to report. */
const PLACES = 4;

/**
 * How each option of the library is called at the command line; messages speak of what a person has
 * typed.
 */
const OPTION_NAMES: Readonly<Record<string, string>> = {
  requestedSize: "--requested-size",
  subblockSize: "--subblock-size",
  regionStart: "--region-start",
  regionSize: "--region-size",
  deviceBlockSize: "--device-block-size",
  blockSize: "--device-block-size",
  untilMs: "--until",
  whatIf: "--what-if",
  after: "--after",
  seeds: "--seeds",
  profiles: "--profiles",
};

/** An error of an input in one line; any other is a bug, with what a report of it needs. */
export function failureOf(error: unknown, version: string): Failure {
  if (isInputError(error)) return { words: asTyped(error.message), exitCode: EXIT_BAD_INPUT };
  const memory = outOfMemory(error);
  if (memory !== undefined) {
    return { words: memory + adviceOnAddressSpace(), exitCode: EXIT_BAD_INPUT };
  }
  const isError = error instanceof Error;
  const name = isError ? error.name : "thrown";
  const words = [
    `this is a bug of virtio-mem: ${visibleText(name)}: ${isError ? visibleText(error.message.slice(0, 500)) : shown(error)}`,
    `  Please report it with the input, and with: virtio-mem ${version}, Node ${process.version}, ` +
      `${process.platform} ${process.arch}; arguments ${visibleText(process.argv.slice(2).join(" ").slice(0, 300))}`,
    ...(isError ? [`  in ${placesOf(error).join(", ")}`] : []),
  ];
  return { words: words.join("\n"), exitCode: EXIT_BUG };
}

function asTyped(message: string): string {
  const [name = ""] = /^\w+/.exec(message) ?? [];
  // a scenario's fields are called what they are called there
  const isTyped = process.argv[2] !== "run" && Object.hasOwn(OPTION_NAMES, name);
  const flag = isTyped ? OPTION_NAMES[name] : undefined;
  return flag === undefined ? message : flag + message.slice(name.length);
}

/** `engine.js:1391`, the innermost first. */
function placesOf({ stack = "" }: Error): string[] {
  const found = [...stack.matchAll(/([^/\\(\s]+\.[cm]?[jt]s):(\d+):\d+/g)];
  return found.slice(0, PLACES).map(([, file = "", line = ""]) => `${file}:${line}`);
}
