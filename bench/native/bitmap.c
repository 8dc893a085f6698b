/*
 * Bitmap searches as one writes them in C: 64 bits at a time, a word that is uniform at a glance.
 *
 * Usage: bitmap <bits>, a multiple of 64. Prints one JSON object per search: CPU nanoseconds of one
 * call in the median.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "stopwatch.h"

enum { ITERATIONS = 20 };

static uint64_t *words;
static uint32_t bits, nr_words;
static volatile uint32_t sink;

static uint32_t count_set(void)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < nr_words; i++)
		count += (uint64_t)__builtin_popcountll(words[i]);
	return (uint32_t)count;
}

static uint32_t first_set(void)
{
	for (uint32_t i = 0; i < nr_words; i++)
		if (words[i])
			return i * 64 + (uint32_t)__builtin_ctzll(words[i]);
	return UINT32_MAX;
}

/* Length of the longest run of set bits, and where the first of that length starts. */
static uint32_t longest_run(void)
{
	uint32_t best = 0, best_start = 0, start = 0;
	uint64_t inside = 0;

	for (uint32_t i = 0; i < nr_words; i++) {
		uint64_t word = words[i], edges;

		if (word == 0 - inside)
			continue;
		edges = word ^ (word << 1 | inside);
		while (edges) {
			uint32_t at = i * 64 + (uint32_t)__builtin_ctzll(edges);

			edges &= edges - 1;
			if (inside && at - start > best) {
				best = at - start;
				best_start = start;
			}
			start = at;
			inside ^= 1;
		}
	}
	if (inside && bits - start > best) {
		best = bits - start;
		best_start = start;
	}
	return best * 31 + best_start;
}

/* Clear and set runs of 1 to `longest` bits in turns. */
static void fill_runs(uint32_t longest)
{
	uint32_t state = 0x9E3779B9, at = 0;
	int set = 0;

	memset(words, 0, bits / 8);
	while (at < bits) {
		uint32_t length;

		state ^= state << 13;
		state ^= state >> 17;
		state ^= state << 5;
		length = 1 + state % longest;
		for (uint32_t end = at + length; at < end && at < bits; at++)
			if (set)
				words[at >> 6] |= 1ull << (at & 63);
		set = !set;
	}
}

static int by_cpu(const void *a, const void *b)
{
	const struct elapsed *one = a, *other = b;

	return (one->cpu_ns > other->cpu_ns) - (one->cpu_ns < other->cpu_ns);
}

static void measure(const char *name, uint32_t (*search)(void))
{
	struct elapsed times[ITERATIONS];

	for (int i = 0; i < ITERATIONS; i++)
		sink = search();
	for (int i = 0; i < ITERATIONS; i++) {
		struct elapsed start = now();

		sink = search();
		times[i] = since(start);
	}
	qsort(times, ITERATIONS, sizeof(times[0]), by_cpu);
	print_elapsed(name, times[ITERATIONS / 2], 1, sink, bits / 8);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: bitmap <bits>\n");
		return 2;
	}
	bits = (uint32_t)strtoul(argv[1], NULL, 10);
	nr_words = bits / 64;
	words = mmap(NULL, bits / 8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (words == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	madvise(words, bits / 8, MADV_NOHUGEPAGE);
	memset(words, 0, bits / 8);
	words[nr_words - 1] = 1ull << 63;
	measure("bitmap_first", first_set);
	fill_runs(1023);
	measure("bitmap_count", count_set);
	measure("bitmap_longest", longest_run);
	fill_runs(15);
	measure("bitmap_longest_short", longest_run);
	return 0;
}
