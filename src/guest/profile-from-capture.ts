import type { Capture, CaptureZone } from "../capture/capture.js";
import { PAGEBLOCK_SIZE } from "../core/abi.js";
import { profileOfRelease } from "../linux/kernel-release.js";
import {
  linuxProfile,
  PROFILE_NAMES,
  type LinuxProfile,
  type ProfileName,
} from "../linux/profile.js";
import { ownMinOf } from "../linux/watermarks.js";
import { formatSize } from "../units.js";

/** Which kernel a captured guest is taken to run, and why. */
export interface KernelChoice {
  /** As uname printed it; null where the capture does not say. */
  readonly release: string | null;
  /** Profile that was chosen. */
  readonly profile: ProfileName;
  /** Who decided: the caller, the release, or what the capture shows besides. */
  readonly chosenBy: "caller" | "release" | "capture";
  /** Why it is not the profile of just this release, in a few words; null where it is. */
  readonly because: string | null;
  /** What else was found, in a few words each. */
  readonly why: readonly string[];
}

export interface ProfileFromCapture {
  /** Of the release, with what the capture shows to be otherwise. */
  readonly profile: LinuxProfile;
  readonly kernel: KernelChoice;
  /** What contradicts the release, in sentences. */
  readonly notes: readonly string[];
}

/** The version of a guest whose capture says nothing at all: the one that was recorded most. */
const UNKNOWN: ProfileName = "v6.1";

/**
 * The profile of a captured guest: that of its release; then what the capture shows by itself,
 * which weighs more, because distributions take changes of newer kernels into older ones.
 */
export function profileFromCapture(capture: Capture): ProfileFromCapture {
  const release = capture.kernelVersion;
  const known = release === undefined ? undefined : profileOfRelease(release);
  const draft: Draft = {
    capture,
    isGuess: known === undefined,
    profile: linuxProfile(known?.profile ?? UNKNOWN),
    why: [],
    notes: [],
  };
  followMemoryManagement(draft);
  followDriverParameters(draft);
  followSubblocks(draft);
  return {
    profile: draft.profile,
    kernel: {
      release: release ?? null,
      profile: draft.profile.name,
      chosenBy: known === undefined ? "capture" : "release",
      because: known?.because ?? null,
      why: draft.why,
    },
    notes: draft.notes,
  };
}

/**
 * The profile of a captured guest: the one that the caller names, else that of {@link
 * profileFromCapture}.
 */
export function profileFor(
  capture: Capture,
  { profile = "auto" }: { readonly profile?: ProfileName | "auto" },
): ProfileFromCapture {
  return profile === "auto" ? profileFromCapture(capture) : askedProfile(capture, profile);
}

function askedProfile(capture: Capture, name: ProfileName): ProfileFromCapture {
  const profile = linuxProfile(name);
  const release = capture.kernelVersion ?? null;
  return {
    profile,
    kernel: {
      release,
      profile: profile.name,
      chosenBy: "caller",
      because: "as asked for",
      why: [],
    },
    notes: [],
  };
}

/** `Linux 5.15.0-91-generic: profile v5.15; subblocks of 4 MiB by its log` */
export function kernelText({ release, profile, because, why }: KernelChoice): string {
  const name = release === null ? "Linux of an unknown release" : `Linux ${release}`;
  return [`${name}: profile ${profile}${because === null ? "" : `, ${because}`}`, ...why].join(
    "; ",
  );
}

/** A profile that is being found. */
interface Draft {
  readonly capture: Capture;
  /** Nothing says the release: what the capture shows decides alone. */
  readonly isGuess: boolean;
  profile: LinuxProfile;
  readonly why: string[];
  readonly notes: string[];
}

function isOlder(a: ProfileName, b: ProfileName): boolean {
  return PROFILE_NAMES.indexOf(a) < PROFILE_NAMES.indexOf(b);
}

/** What shows that memory management is at least of some version, newest first. */
const MM_TRACES: readonly {
  readonly from: ProfileName;
  readonly words: string;
  readonly isThere: (capture: Capture) => boolean;
}[] = [
  {
    from: "v6.18",
    words: "limits of per-CPU caches (high_min) in its zoneinfo",
    isThere: ({ traces }) => traces?.zoneinfoLines.has("high_min") === true,
  },
  {
    from: "v6.8",
    words: "a fourth watermark (promo) in its zoneinfo",
    isThere: ({ traces }) => traces?.zoneinfoLines.has("promo") === true,
  },
  {
    from: "v6.6",
    words: "a min mark of ZONE_MOVABLE of its own in its zoneinfo",
    isThere: ({ zones }) => movableMinOf(zones) === "own",
  },
];

function followMemoryManagement(draft: Draft): void {
  const { capture } = draft;
  const found = MM_TRACES.find(({ isThere }) => isThere(capture));
  if (found !== undefined && isOlder(draft.profile.name, found.from)) {
    const newer = linuxProfile(found.from);
    if (draft.isGuess) draft.profile = newer;
    else {
      const { mm, kpageflags } = newer;
      draft.profile = { ...draft.profile, mm, kpageflags };
      draft.notes.push(
        `the release of the kernel and its memory management do not fit: ${found.words}; ` +
          `taken to manage memory like ${found.from}`,
      );
    }
    draft.why.push(`${found.words.replace(" in its zoneinfo", "")} by its zoneinfo`);
  }
  const { movableMin } = draft.profile.mm;
  const seen = movableMinOf(capture.zones);
  if (seen === undefined || seen === movableMin) return;
  draft.profile = { ...draft.profile, mm: { ...draft.profile.mm, movableMin: seen } };
  draft.notes.push(
    "the release of the kernel and the watermarks do not fit: ZONE_MOVABLE has " +
      (seen === "own" ? "a min mark of its own" : "its share of min_free_kbytes"),
  );
}

/**
 * By the marks: has ZONE_MOVABLE a min watermark of its own? Undefined where both would be alike,
 * or neither is so.
 */
function movableMinOf(zones: readonly CaptureZone[]): "own" | "share" | undefined {
  const markOf = ({ min, boost }: CaptureZone): number => min - boost;
  for (const movable of zones) {
    if (movable.kind !== "Movable" || movable.managed === 0) continue;
    const others = zones.filter(({ kind, managed }) => kind !== "Movable" && managed > 0);
    const managed = others.reduce((sum, zone) => sum + zone.managed, 0);
    if (managed === 0) continue;
    const minOthers = others.reduce((sum, zone) => sum + markOf(zone), 0);
    const share = (minOthers * movable.managed) / managed;
    const own = ownMinOf(movable.managed);
    if (Math.abs(share - own) <= 2 + share / 20) continue;
    const mark = markOf(movable);
    if (Math.abs(mark - own) <= 1) return "own";
    if (Math.abs(mark - share) <= 2 + share / 20) return "share";
  }
  return undefined;
}

/** bbm_safe_unplug went with v6.5; force_bbm has been there since v5.11. */
function followDriverParameters(draft: Draft): void {
  const names = draft.capture.traces?.driverParameters;
  if (names === undefined || names.size === 0) return;
  const { driver } = draft.profile;
  const has = (name: string): boolean => names.has(name);
  let like: ProfileName | undefined;
  if (has("force_bbm") && !driver.bigBlockMode) like = "v5.11";
  else if (!has("force_bbm") && driver.bigBlockMode) like = "v5.10";
  else if (has("bbm_safe_unplug") && !driver.unsafeBigBlockUnplug) like = "v6.1";
  else if (driver.unsafeBigBlockUnplug && !has("bbm_safe_unplug")) like = "v6.5";
  if (like === undefined) return;
  draft.profile = { ...draft.profile, driver: linuxProfile(like).driver };
  draft.why.push(`a driver like that of ${like} by its parameters`);
  if (draft.isGuess) return;
  draft.notes.push(
    `the release of the kernel and the parameters of its driver do not fit: taken for a driver like that of ${like}`,
  );
}

function followSubblocks(draft: Draft): void {
  const { capture, profile } = draft;
  const size = capture.traces?.subblockSize;
  const { blockSize } = capture.device;
  // a caller may have said that the device has larger blocks
  if (size === undefined || size < blockSize) return;
  const expected = Math.max(blockSize, profile.driver.subblockMinimumSize);
  draft.why.push(`subblocks of ${formatSize(size)} by its log`);
  if (size === expected) return;
  if (draft.isGuess && size === 4 * 2 ** 20) {
    draft.profile = linuxProfile("v5.15");
    return;
  }
  // pageblocks are isolated one by one since subblocks may be as small as one
  const mm = {
    ...profile.mm,
    isolatePageblock: profile.mm.isolatePageblock || size === PAGEBLOCK_SIZE,
  };
  draft.profile = { ...profile, mm, driver: { ...profile.driver, subblockMinimumSize: size } };
  draft.notes.push(
    `the log of the driver says subblocks of ${formatSize(size)} where ${profile.name} has ${formatSize(expected)}: taken from the log`,
  );
}
