import { Option } from "commander";

import { PROFILE_NAMES } from "../linux/profile.js";

/** `--profile`: a version by name, or `auto`, the one that the capture is of. */
export function profileOption(description: string): Option {
  return new Option("--profile <name>", description)
    .choices(["auto", ...PROFILE_NAMES])
    .default("auto");
}
