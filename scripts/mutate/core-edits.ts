import type { Edit } from "./edit.js";

/** Edits of the core, by layer from the bottom up. */
export const coreEdits: readonly Edit[] = [
  // bitmap
  {
    file: "assembly/inspect/bitmap.ts",
    old: "for (; word < lastWord; word += 8) sum += popcnt(load<u64>(word));",
    new: "for (word += 8; word < lastWord; word += 8) sum += popcnt(load<u64>(word));",
    breaks: "a word in the middle of a run is not counted",
  },
  {
    file: "assembly/inspect/bitmap.ts",
    old: "const bit = ((<u32>(word - map - WORDS)) << 3) + <u32>ctz(value);",
    new: "const bit = ((<u32>(word - map - WORDS)) << 3) + <u32>clz(value);",
    breaks: "the last bit of a word is found in place of the first",
  },
  {
    file: "assembly/inspect/bitmap.ts",
    old: "return bit < bits ? bit : NO_BIT;",
    new: "return bit;",
    breaks: "clear bits are found behind the end",
  },
  {
    file: "assembly/inspect/bitmap.ts",
    old: "if (before > best) {",
    new: "if (before >= best) {",
    breaks: "a run at the end is taken for an equally long one",
  },
  {
    file: "assembly/inspect/bitmap.ts",
    old: "const LONGEST_INSIDE: u32 = 62;",
    new: "const LONGEST_INSIDE: u32 = 61;",
    breaks: "a run of 62 bits inside of a word is not found",
  },
  {
    file: "assembly/inspect/bitmap.ts",
    old: "if (at == last) word &= tailMask(bits - 1);",
    new: "",
    breaks: "a run of clear bits goes on behind the end",
  },
  // free-list, page
  {
    file: "assembly/mm/page.ts",
    old: "for (let at = from; at < from + part; ++at) {",
    new: "for (let at = from; at < from + part - 1; ++at) {",
    breaks: "the last page of a range keeps its state",
  },
  {
    file: "assembly/mm/page-class.ts",
    old: "return holdOf(state) == HOLD_NONE ? ONE_MOVABLE : ONE_MOVABLE | ONE_HELD;",
    new: "return ONE_MOVABLE;",
    breaks: "held pages are not counted",
  },
  // buddy
  {
    file: "assembly/mm/buddy.ts",
    old: "return type <= MIGRATE_RECLAIMABLE;",
    new: "return type <= MIGRATE_ISOLATE;",
    breaks: "chunks merge across an isolation boundary",
  },
  {
    file: "assembly/mm/free-list.ts",
    old: "putOnly(list, links + ((size >> 1) << 3));",
    new: "putOnly(list, links + (size << 2));",
    breaks: "a single page is listed by its neighbours' links",
  },
  {
    file: "assembly/mm/buddy.ts",
    old: "return order >= CLAIM_ORDER || type != MIGRATE_MOVABLE;",
    new: "return order > CLAIM_ORDER || type != MIGRATE_MOVABLE;",
    breaks: "movable requests do not claim by a chunk of order 4",
  },
  {
    file: "assembly/mm/buddy.ts",
    old: "if (halfCompatible(entry, type, oldType)) setType(entry, type);",
    new: "setType(entry, type);",
    breaks: "a pageblock is claimed below half, too",
  },
  {
    file: "assembly/mm/buddy.ts",
    old: "if (order > PAGEBLOCK_ORDER) setType(entryOf(pfn + PAGEBLOCK_PAGES), type);",
    new: "",
    breaks: "claiming an order-10 chunk types one pageblock only",
  },
  {
    file: "assembly/mm/buddy.ts",
    old: "const minOrder = noFragment ? max(order, PAGEBLOCK_ORDER) : order;",
    new: "const minOrder = order;",
    breaks: "a request that must not fragment steals",
  },
  // page-alloc: the fast path
  {
    file: "assembly/mm/page-alloc.ts",
    old: "if (freePages(zone) > fastPathThreshold(zone, kind) + (nrPages - 1)) {",
    new: "if (freePages(zone) > fastPathThreshold(zone, kind)) {",
    breaks: "the fast path takes chunks from below the low watermark",
  },
  {
    file: "assembly/mm/page-alloc.ts",
    old: "addFreeAndLru(zone, -(zoneGain(state) * carriers + tails));",
    new: "addFreeAndLru(zone, -zoneGain(state));",
    breaks: "the fast path forgets the tails of a chunk",
  },
  {
    file: "assembly/mm/page-free.ts",
    old: "if (type == MIGRATE_ISOLATE) addFreePages(zone, -1);",
    new: "",
    breaks: "single pages of isolated pageblocks become free ones",
  },
  {
    file: "assembly/mm/page-free.ts",
    old: "      if (!isCached(zone, 0)) {",
    new: "      if (zone != 15) {",
    breaks: "single pages go past the caches",
  },
  {
    file: "assembly/mm/page-class.ts",
    old: "if (state & HEAD || pageClass == PAGE_LRU_PENDING || !isUsed(pageClass)) return NO_GAIN;",
    new: "if (state & HEAD || !isUsed(pageClass)) return NO_GAIN;",
    breaks: "pages on their way to the LRU are forgotten",
  },
  {
    file: "assembly/mm/zone.ts",
    old: "const floor = cacheOf(zone) ? OUT_OF_REACH : lowWatermark(zone) + reserveOf(zone, kind);",
    new: "const floor = cacheOf(zone) ? OUT_OF_REACH : lowWatermark(zone);",
    breaks: "the fast path does not keep the lowmem reserve",
  },
  {
    file: "assembly/mm/zone.ts",
    old: "const floor = cacheOf(zone) ? OUT_OF_REACH : lowWatermark(zone) + reserveOf(zone, kind);",
    new: "const floor = lowWatermark(zone) + reserveOf(zone, kind);",
    breaks: "the fast path goes past the caches",
  },
  // page-alloc: the slow path, and the walks
  {
    file: "assembly/mm/zone-walk.ts",
    old: "return mark + reserveOf(zone, kind) + (1 << order) - 1;",
    new: "return mark + (1 << order) - 1;",
    breaks: "the lowmem reserve is for everybody",
  },
  {
    file: "assembly/mm/zone-walk.ts",
    old: "if (nodeOf(zone) == node && flags & OTHER_NODES) continue;",
    new: "",
    breaks: "offlining moves pages within the node",
  },
  {
    file: "assembly/mm/page-alloc.ts",
    old: "if (isLru(pageClass)) addLruPages(zoneOf(entry), carriers);",
    new: "if (isLru(pageClass)) addLruPages(zoneOf(entry), 1 << order);",
    breaks: "tails count as LRU pages",
  },
  {
    file: "assembly/mm/bulk.ts",
    old: "budget = budget > floor ? budget - floor : 0;",
    new: "budget = budget > floor ? budget : 0;",
    breaks: "a bulk allocation goes on below the mark of its zone",
  },
  {
    file: "assembly/mm/page-free.ts",
    old: "while ((<u32>1) << order > end - pfn) --order;",
    new: "while ((<u32>1) << order >= end - pfn) --order;",
    breaks: "the last chunk of a range is freed in halves",
    changesNothing: "Lemma L2: smaller chunks, ascending, leave the same lists.",
  },
  {
    file: "assembly/mm/reclaim.ts",
    old: "if (zone == NO_ZONE || !isReclaimed(zone, kind) || isIsolated(entry)) return 0;",
    new: "if (zone == NO_ZONE || isIsolated(entry)) return 0;",
    breaks: "reclaim drops pages of zones that the request may not use",
  },
  // per-cpu-cache
  {
    file: "assembly/mm/per-cpu-cache.ts",
    old: "PAGE_CACHED);\n      pushBack(cache, cpu, list, pfn, type);",
    new: "PAGE_CACHED);\n      pushFront(cache, cpu, list, pfn, type);",
    breaks: "a refill comes out in reverse",
  },
  {
    file: "assembly/mm/per-cpu-cache.ts",
    old: "pushFront(cache, cpu, list, pfn, pageblockType);",
    new: "pushBack(cache, cpu, list, pfn, pageblockType);",
    breaks: "freed pages are used last",
  },
  {
    file: "assembly/mm/per-cpu-cache.ts",
    old: "if (reread || isolatedBlocks(zone)) type = typeOf(entryOf(pfn));",
    new: "type = typeOf(entryOf(pfn));",
    breaks: "cached pages forget the type that they came with",
  },
  {
    file: "assembly/mm/cache-limits.ts",
    old: "return max(batch, min(amount, most));",
    new: "return max(batch, amount);",
    breaks: "an overflow may empty the cache",
  },
  {
    file: "assembly/mm/cache-limits.ts",
    old: "return chunks < 2 ? 2 : chunks;",
    new: "return chunks < 1 ? 1 : chunks;",
    breaks: "a refill of large chunks takes one",
  },
  // isolation
  {
    file: "assembly/contig/page-isolation.ts",
    old: "return hasBehaviour(MM_ISOLATE_KEEPS_TYPE) ? baseType(entry) : MIGRATE_MOVABLE;",
    new: "return baseType(entry);",
    breaks: "no version forgets the type of an isolated pageblock",
  },
  {
    file: "assembly/contig/page-isolation.ts",
    old: "freeChunk(zone, pfn, PAGEBLOCK_ORDER, type, hasBehaviour(MM_MOVE_TO_TAIL));",
    new: "freeChunk(zone, pfn, PAGEBLOCK_ORDER, type, false);",
    breaks: "a chunk that merges on un-isolation goes to the head",
  },
  // evacuation
  {
    file: "assembly/contig/evacuation.ts",
    old: "addFreePages(zone, -(<i32>countFree(countsOf(entry))));",
    new: "",
    breaks: "free pages of a pageblock on its way out count as free",
  },
  {
    file: "assembly/contig/evacuation.ts",
    old: "addFreeAndLru(zoneOf(entry), gain - 1);",
    new: "addFreeAndLru(zoneOf(entry), gain);",
    breaks: "vacated pages count as free",
  },
  {
    file: "assembly/contig/evacuation.ts",
    old: "if (free == PAGEBLOCK_PAGES) {",
    new: "if (free > PAGEBLOCK_PAGES) {",
    breaks: "a pageblock that is all free when an attempt fails comes back in pieces",
  },
  {
    file: "assembly/contig/evacuation.ts",
    old: "insertInRecord(zone, record + page, order, type, tail);",
    new: "insertInRecord(zone, record + page, order, type, !tail);",
    breaks: "chunks come back at the other end of their lists",
  },
  {
    file: "assembly/contig/evacuation.ts",
    old: "countsOf(entry) != 0 && !isIsolated(entry ^ ENTRY_BYTES);",
    new: "countsOf(entry) != 0;",
    breaks: "a pageblock does not merge with an isolated neighbour",
  },
  {
    file: "assembly/contig/contig-alloc.ts",
    old: "drainAll(start);\n  unlistChunks();",
    new: "drainAll(start);",
    breaks: "pages out of caches stay listed while their pageblock leaves",
  },
  {
    file: "assembly/mm/page-class.ts",
    old: "unmovableTops(load<u64>(at, 24))",
    new: "unmovableTops(load<u64>(at, 16))",
    breaks: "of 32 pages the last eight are not looked at",
  },
  // migration
  {
    file: "assembly/contig/migrate.ts",
    old: "if (!(pos & PAGE_MASK) && movesUnits(pageClass)) collectUnit(pos, pageClass);",
    new: "if (movesUnits(pageClass)) collectUnit(pos, pageClass);",
    breaks: "a 2 MiB page is collected by its middle",
  },
  {
    file: "assembly/contig/migrate.ts",
    old: "if (found >= last) break;",
    new: "if (found > last) break;",
    breaks: "the page behind a range is collected",
  },
  {
    file: "assembly/contig/migrate.ts",
    old: "    classes |= 1 << pageClass;",
    new: "",
    breaks: "clean file pages of mixed pageblocks move in place of being dropped",
  },
  {
    file: "assembly/contig/migrate.ts",
    old: "u64.MAX_VALUE << ((pos & 7) << 3)",
    new: "u64.MAX_VALUE",
    breaks: "a batch begins with pages of the one before",
  },
  {
    file: "assembly/contig/migrate.ts",
    old: "at(BATCH, length - 1) + 1;",
    new: "at(BATCH, length - 1) + 2;",
    breaks: "a page between two batches is left out",
  },
  {
    file: "assembly/mm/lru-batch.ts",
    old: "const SMALL_BATCH: u32 = 15;",
    new: "const SMALL_BATCH: u32 = 31;",
    breaks: "pages wait longer for the LRU",
  },
  // contiguous ranges, hotplug
  {
    file: "assembly/contig/contig-alloc.ts",
    old: "return head + (1 << (state & 15)) > start ? head : start;",
    new: "return start;",
    breaks: "a range cannot begin inside a free chunk",
  },
  {
    file: "assembly/contig/contig-alloc.ts",
    old: "drainZone(zoneOf(entryOf(start)));",
    new: "",
    breaks: "cached pages keep blocking",
  },
  {
    file: "assembly/contig/memory-hotplug.ts",
    old: "addPresentPages(zone, start - end);",
    new: "",
    breaks: "offlined pages stay present",
  },
  {
    file: "assembly/contig/memory-hotplug.ts",
    old: "const flags = hasOtherNode(zone) ? OTHER_NODES : 0;",
    new: "const flags: u32 = 0;",
    breaks: "offlining takes targets of its own node first",
  },
  // zones, summaries, chance, load, boundary
  {
    file: "assembly/mm/zone.ts",
    old: "return a > b ? ((a - b) << 1) | 1 : (b - a) << 1;",
    new: "return 0;",
    breaks: "zones are tried by kind, whatever their node",
  },
  {
    file: "assembly/mm/pageblock.ts",
    old: "return load<u32>(entry, TABLE + 20);",
    new: "return load<u16>(entry, TABLE + 22);",
    breaks: "unmovable pages do not keep a subblock",
  },
  {
    file: "assembly/mm/xorshift.ts",
    old: "state ^= state >> 17;",
    new: "",
    breaks: "chance is not what it should be",
  },
  {
    file: "assembly/capture/load.ts",
    old: "breakUnits(states);",
    new: "",
    breaks: "parts of 2 MiB pages count as whole ones",
  },
  {
    file: "assembly/exports/queries.ts",
    old: "if (after != NO_CHUNK && !isListed(after, zone, order, type)) return -EINVAL;",
    new: "",
    breaks: "a free list can be read from any page on",
  },
];
