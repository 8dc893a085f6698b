import { CaptureError } from "../capture/capture-error.js";
import { readText, type CaptureFiles } from "../capture/capture-files.js";
import { readCapture } from "../capture/read-capture.js";
import { Migratetype, PageClass } from "../core/abi.js";
import { Guest, type CapturedGuestOptions } from "../guest/guest.js";
import type { AspectName, CheckResult, FirstDifference } from "./check-result.js";

type Chunk = readonly [pfn: number, order: number];

const LISTS = ["list-1", "list-2", "list-3", "list-4"] as const satisfies readonly AspectName[];

/**
 * Replays the order in which a kernel handed out pages, from its state s0: a module takes chunks of
 * one order, frees a random part of them, takes as many again, frees all, takes as many again.
 *
 * What the module freed is read off the recorded lists; which pages it got is the model's. Only the
 * first list is decided by what was recorded: after frees at random the order rests on caches that
 * nothing shows.
 *
 * @throws CaptureError if a file cannot be used.
 */
export async function checkAllocationOrder(
  recording: string,
  files: CaptureFiles,
  options: CapturedGuestOptions = {},
): Promise<CheckResult> {
  const recorded: Chunk[][] = [];
  for (const list of LISTS) recorded.push(await readList(files, list.replace("list", "alloc")));
  const capture = await readCapture(files, { folder: "s0" });
  const guest = await Guest.fromCapture(capture, { ...options, keepCaches: true });
  const model = handOut(guest, recorded);
  const aspects = LISTS.map((name, at) => {
    const [theirs = [], ours = []] = [recorded[at], model[at]];
    const same = theirs.filter(([pfn], index) => ours[index] === pfn).length;
    return { name, same, recorded: theirs.length, model: ours.length };
  });
  const [first = [], own = []] = [recorded[0], model[0]];
  const difference = differenceOf(first, own);
  return {
    kind: "allocation-order",
    recording,
    observation: "",
    model: guest.profile.name,
    agrees: difference === null,
    aspects,
    difference,
    notes: [
      "lists 2 to 4 are for information: free pages in caches, which nothing shows, decide them",
    ],
  };
}

function handOut({ pages }: Guest, recorded: readonly (readonly Chunk[])[]): number[][] {
  const [first = [], kept = [], second = [], last = []] = recorded;
  const order = first[0]?.[1] ?? 0;
  const take = (count: number): number[] =>
    Array.from({ length: count }, () => {
      const pfn = pages.tryAlloc({
        order,
        type: Migratetype.Unmovable,
        pageClass: PageClass.Kernel,
        kind: "Normal",
        node: 0,
      });
      return pfn ?? -1;
    });
  const one = take(first.length);
  const keptPfns = new Set(kept.map(([pfn]) => pfn));
  const two = one.filter((_, index) => keptPfns.has(first[index]?.[0] ?? -1));
  const keptHere = new Set(two);
  for (const pfn of one) if (!keptHere.has(pfn)) pages.free(pfn, order);
  const three = [...two, ...take(second.length - kept.length)];
  for (const pfn of three) pages.free(pfn, order);
  return [one, two, three, take(last.length)];
}

function differenceOf(
  recorded: readonly Chunk[],
  model: readonly number[],
): FirstDifference | null {
  const at = recorded.findIndex(([pfn], index) => model[index] !== pfn);
  if (at < 0) return null;
  return {
    at: `position ${at + 1} of the first list`,
    recorded: `pfn ${recorded[at]?.[0]}`,
    model: `pfn ${model[at]}`,
    why: "the free lists of a captured guest are known as sets of pages; their order is by address",
    decided: false,
  };
}

async function readList(files: CaptureFiles, name: string): Promise<Chunk[]> {
  const file = `${name}.txt`;
  const lines = (await readText(files, file)).split("\n").filter((line) => line !== "");
  return lines.map((line, index) => {
    const row = /^(\d+) (\d+)$/.exec(line);
    if (row === null) {
      throw new CaptureError(file, `line ${index + 1}`, "must be a pfn and an order, got neither");
    }
    return [Number(row[1]), Number(row[2])];
  });
}
