/*
 * The native reference: a bare buddy allocator of one zone, and the eleven sequences run on it.
 *
 * It knows no migratetypes, watermarks, zones or page states, and puts every chunk at the head of
 * its list: the least that a buddy allocator can do. Two pages share a pair of list links (both are
 * free heads only if they have merged), which with a tag byte per page makes 5 bytes per page.
 *
 * Usage: buddy <log2 of pages> <ops of repeat, hot> <ops of churn> [sequence...]; without a
 * sequence: all of them. Prints one JSON object per sequence: CPU nanoseconds of this thread,
 * operations, checksum.
 *
 * With -DTAIL_RULE a chunk whose parent is likely to merge next goes to the tail of its list, as in
 * Linux. That is not timed; its checksums are what the core must give.
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "stopwatch.h"

enum { MAX_ORDER = 10, ORDERS };
static const uint32_t NONE = UINT32_MAX;

struct links {
	uint32_t next, prev;
};

static uint32_t pages;
/* of the pair of pages p >> 1 */
static struct links *pairs;
/* order + 1 at the first page of a free chunk, else 0 */
static uint8_t *tags;
static uint32_t heads[ORDERS], free_chunks[ORDERS];
#ifdef TAIL_RULE
static uint32_t lasts[ORDERS];
#endif
static uint32_t *handles;
static uint32_t failed;

/* ---------------------------------------------------------------- allocator */

static inline __attribute__((always_inline)) void put_first(uint32_t page, uint32_t order)
{
	struct links *own = &pairs[page >> 1];
	uint32_t first = heads[order];

	own->next = first;
	own->prev = NONE;
	if (first != NONE)
		pairs[first >> 1].prev = page;
#ifdef TAIL_RULE
	else
		lasts[order] = page;
#endif
	heads[order] = page;
	tags[page] = (uint8_t)(order + 1);
	free_chunks[order]++;
}

static inline __attribute__((always_inline)) void take_off(uint32_t page, uint32_t order)
{
	uint32_t next = pairs[page >> 1].next, prev = pairs[page >> 1].prev;

	if (prev == NONE)
		heads[order] = next;
	else
		pairs[prev >> 1].next = next;
	if (next != NONE)
		pairs[next >> 1].prev = prev;
#ifdef TAIL_RULE
	else
		lasts[order] = prev;
#endif
	tags[page] = 0;
	free_chunks[order]--;
}

#ifdef TAIL_RULE
static void put_last(uint32_t page, uint32_t order)
{
	uint32_t last = lasts[order];

	if (last == NONE) {
		put_first(page, order);
		return;
	}
	pairs[page >> 1].next = NONE;
	pairs[page >> 1].prev = last;
	pairs[last >> 1].next = page;
	lasts[order] = page;
	tags[page] = (uint8_t)(order + 1);
	free_chunks[order]++;
}

static bool merges_soon(uint32_t page, uint32_t order)
{
	uint32_t parent = page & ~(1u << order), other;

	if (order >= MAX_ORDER - 1)
		return false;
	other = parent ^ (2u << order);
	return other < pages && tags[other] == order + 2;
}
#endif

static uint32_t take(uint32_t order)
{
	uint32_t from = order, page;

	while (from <= MAX_ORDER && !free_chunks[from])
		from++;
	if (from > MAX_ORDER)
		return NONE;
	page = heads[from];
	take_off(page, from);
	while (from > order) {
		from--;
		put_first(page + (1u << from), from);
	}
	return page;
}

static void give(uint32_t page, uint32_t order)
{
	for (; order < MAX_ORDER; order++) {
		uint32_t buddy = page ^ (1u << order);

		if (buddy >= pages || tags[buddy] != order + 1)
			break;
		take_off(buddy, order);
		page &= buddy;
	}
#ifdef TAIL_RULE
	if (merges_soon(page, order)) {
		put_last(page, order);
		return;
	}
#endif
	put_first(page, order);
}

/* Memory that is resident, zero and in small pages: as a WebAssembly memory's are. */
static void *memory(size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	madvise(at, bytes, MADV_NOHUGEPAGE);
	memset(at, 1, bytes);
	memset(at, 0, bytes);
	return at;
}

static void boot(void)
{
	uint32_t chunk = pages >> MAX_ORDER;

	pairs = memory((size_t)pages / 2 * sizeof(struct links));
	tags = memory(pages);
	handles = memory((size_t)pages * sizeof(uint32_t));
	for (int order = 0; order <= MAX_ORDER; order++)
		heads[order] = NONE;
#ifdef TAIL_RULE
	for (int order = 0; order <= MAX_ORDER; order++)
		lasts[order] = NONE;
#endif
	while (chunk--)
		put_first(chunk << MAX_ORDER, MAX_ORDER);
}

/* ---------------------------------------------------------------- loops */

static inline uint32_t next_random(uint32_t state)
{
	state ^= state << 13;
	state ^= state >> 17;
	return state ^ state << 5;
}

static uint32_t fill(uint32_t order, uint32_t count)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t page = take(order);

		handles[i] = page;
		sum = (sum << 5 | sum >> 27) ^ page;
	}
	return sum;
}

static void drain(uint32_t order, uint32_t from, uint32_t end)
{
	for (uint32_t i = from; i < end; i++)
		if (handles[i] != NONE)
			give(handles[i], order);
}

static uint32_t repeat(uint32_t order, uint32_t count)
{
	uint32_t sum = 0;

	while (count--) {
		uint32_t page = take(order);

		sum += page;
		give(page, order);
	}
	return sum;
}

static void shuffle(uint32_t count, uint32_t all, uint32_t seed)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t other, page = handles[i];

		seed = next_random(seed);
		other = i + seed % (all - i);
		handles[i] = handles[other];
		handles[other] = page;
	}
}

static const uint8_t slot_orders[64] = {
	[40] = 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 5, 5, 9,
};

static uint32_t churn(uint32_t slots, uint32_t steps, uint32_t seed)
{
	uint32_t sum = 0;

	for (uint32_t step = 0; step < steps; step++) {
		uint32_t slot, order, page;

		seed = next_random(seed);
		slot = seed >> 3 & (slots - 1);
		order = slot_orders[slot & 63];
		page = handles[slot];
		if (page != NONE) {
			give(page, order);
			handles[slot] = NONE;
			continue;
		}
		page = take(order);
		handles[slot] = page;
		sum = sum * 31 + page;
		failed += page == NONE;
	}
	return sum;
}

/* ---------------------------------------------------------------- sequences */

static uint32_t repeat_ops, churn_ops;
static char **wanted;
static int nr_wanted;

static bool is_wanted(const char *name)
{
	for (int i = 0; i < nr_wanted; i++)
		if (!strcmp(wanted[i], name))
			return true;
	return nr_wanted == 0;
}

static bool is_wanted_at(const char *name, uint32_t order)
{
	char full[32];

	snprintf(full, sizeof(full), "%s_o%u", name, order);
	return is_wanted(full);
}

static void report(const char *name, struct elapsed took, uint32_t ops, uint32_t checksum)
{
	if (!is_wanted(name))
		return;
	print_elapsed(name, took, ops, checksum, (uint64_t)pages * (sizeof(struct links) / 2 + 1));
}

static void report_at(const char *name, uint32_t order, struct elapsed took, uint32_t ops, uint32_t checksum)
{
	char full[32];

	snprintf(full, sizeof(full), "%s_o%u", name, order);
	report(full, took, ops, checksum);
}

static bool is_terabyte(void)
{
	return pages > 1u << 24;
}

static void bulk(uint32_t order)
{
	uint32_t chunks = pages >> order, sum;
	struct elapsed start, took;

	if (!is_terabyte() || order > 0) {
		fill(order, chunks);
		drain(order, 0, chunks);
	}
	start = now();
	sum = fill(order, chunks);
	took = since(start);
	report_at("bulk_alloc", order, took, chunks, sum);
	start = now();
	drain(order, 0, chunks);
	took = since(start);
	report_at("bulk_free", order, took, chunks, 0);
}

static void rand_free(uint32_t order)
{
	uint32_t chunks = pages >> order, timed = is_terabyte() && order == 0 ? 1u << 23 : chunks;
	struct elapsed start, took;

	fill(order, chunks);
	shuffle(timed, chunks, 0x9E3779B9);
	start = now();
	drain(order, 0, timed);
	took = since(start);
	report_at("rand_free", order, took, timed, 0);
	drain(order, timed, chunks);
}

static void repeat_timed(const char *name, uint32_t order)
{
	struct elapsed start, took;
	uint32_t sum;

	repeat(order, repeat_ops / 16);
	start = now();
	sum = repeat(order, repeat_ops);
	took = since(start);
	report_at(name, order, took, repeat_ops * 2, sum);
}

static void churn_timed(void)
{
	uint32_t slots = pages >> 3, sum;
	struct elapsed start, took;

	memset(handles, 0xff, (size_t)slots * sizeof(uint32_t));
	churn(slots, slots * (is_terabyte() ? 1 : 4), 0x12345679);
	start = now();
	sum = churn(slots, churn_ops, 0x2545F491);
	took = since(start);
	report("churn", took, churn_ops, sum);
	if (failed) {
		fprintf(stderr, "churn: %u allocations failed\n", failed);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	if (argc < 4) {
		fprintf(stderr, "usage: buddy <log2 of pages> <ops of repeat> <ops of churn> [sequence...]\n");
		return 2;
	}
	pages = 1u << atoi(argv[1]);
	repeat_ops = (uint32_t)strtoul(argv[2], NULL, 10);
	churn_ops = (uint32_t)strtoul(argv[3], NULL, 10);
	wanted = argv + 4;
	nr_wanted = argc - 4;
	boot();
	for (uint32_t order = 0; order <= 9; order += 9) {
		if (is_wanted_at("bulk_alloc", order) || is_wanted_at("bulk_free", order))
			bulk(order);
		if (is_wanted_at("rand_free", order))
			rand_free(order);
		if (is_wanted_at("repeat", order))
			repeat_timed("repeat", order);
		if (is_wanted_at("hot", order)) {
			uint32_t held = take(order);

			repeat_timed("hot", order);
			give(held, order);
		}
	}
	if (is_wanted("churn"))
		churn_timed();
	return 0;
}
