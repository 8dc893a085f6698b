import { PROFILE_NAMES, type ProfileName } from "./profile.js";

/** Which profile a release of Linux gets. */
export interface ReleaseProfile {
  /** Profile whose behaviour it has. */
  readonly profile: ProfileName;
  /** Why it is not the profile of just this release, in a few words; undefined where it is. */
  readonly because: string | undefined;
}

interface Distribution {
  readonly name: string;
  /** Its releases, as uname prints them. */
  readonly releases: RegExp;
  /** Where its virtio-mem and memory management are those of another version than its number. */
  readonly profile: ProfileName | undefined;
  readonly does: string;
}

/**
 * Distributions whose kernels are not what their numbers say. What a capture shows by itself
 * (subblocks in the log, marks of zones) is looked at afterwards, and weighs more.
 */
export const DISTRIBUTIONS: readonly Distribution[] = [
  {
    name: "RHEL 8",
    releases: /^4\.18\..*\.el8/,
    profile: "v5.14",
    does: "has the driver of 5.14 in 4.18, with subblocks of 4 MiB",
  },
  {
    name: "RHEL 9",
    releases: /^5\.14\..*\.el9/,
    profile: "v5.14",
    does: "keeps the number 5.14 while newer memory management comes in; its log says how large subblocks are",
  },
  {
    name: "Ubuntu",
    releases: /^\d+\.\d+\.0-\d+-(generic|lowlatency|kvm|virtual|aws|azure|gcp|oracle)/,
    profile: undefined,
    does: "takes stable updates without counting them: the third number is always 0",
  },
];

/** Releases of the kernel that have a profile, oldest first. */
const NUMBERED = PROFILE_NAMES.flatMap((profile) => {
  const number = numberOf(profile.slice(1));
  return number === undefined ? [] : [{ profile, number }];
});

/**
 * The profile for a release as `uname -r` prints it (`6.1.0-56-amd64`): its own, else that of the
 * nearest older release.
 *
 * @param release - As `uname -r` prints it: `6.1.0-56-amd64`.
 * @returns undefined if the text does not begin with two numbers.
 *
 * @example
 * ```js
 * import { profileOfRelease } from "virtio-mem-engine";
 *
 * console.log(profileOfRelease("6.1.0-56-amd64")?.profile); // v6.1
 * ```
 */
export function profileOfRelease(release: string): ReleaseProfile | undefined {
  const distribution = DISTRIBUTIONS.find(({ releases }) => releases.test(release));
  if (distribution?.profile !== undefined) {
    return {
      profile: distribution.profile,
      because: `${distribution.name} ${distribution.does.split(";")[0]}`,
    };
  }
  const number = numberOf(release);
  if (number === undefined) return undefined;
  const [oldest] = NUMBERED;
  const newest = NUMBERED.at(-1);
  if (oldest === undefined || newest === undefined) throw new Error("a release has a profile");
  const { profile, number: found } = NUMBERED.findLast((known) => known.number <= number) ?? oldest;
  if (found === number) return { profile, because: undefined };
  if (number > newest.number) return { profile, because: "the newest known" };
  if (number < oldest.number) {
    return { profile, because: "the oldest known: Linux had no virtio-mem before" };
  }
  return { profile, because: "the nearest older one known" };
}

/** `6.1.0-56-amd64` as a number by which releases can be compared. */
function numberOf(release: string): number | undefined {
  const [, major, minor] = /^(\d{1,3})\.(\d{1,4})(?!\d)/.exec(release) ?? [];
  return major === undefined ? undefined : Number(major) * 10_000 + Number(minor);
}
