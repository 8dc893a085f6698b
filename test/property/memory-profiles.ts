import { linuxProfile, PROFILE_NAMES, type ProfileName } from "../../src/linux/profile.js";

/** One profile for each memory management that there is: the first of those that share it. */
export const MEMORY_PROFILES: readonly ProfileName[] = PROFILE_NAMES.filter(
  (name, index) => PROFILE_NAMES.findIndex((other) => rules(other) === rules(name)) === index,
);

/** What a profile does, apart from sizes and from how captures are read. */
function rules(name: ProfileName): string {
  const { mm } = linuxProfile(name);
  const answers = Object.entries(mm).filter(([, value]) => typeof value === "boolean");
  return JSON.stringify(answers);
}
