/*
 * CPU time of this thread and wall time, and the line of JSON that a native program prints for each
 * measure.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>

struct elapsed {
	double cpu_ns, wall_ns;
};

static double read_clock(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static struct elapsed now(void)
{
	return (struct elapsed){ read_clock(CLOCK_THREAD_CPUTIME_ID), read_clock(CLOCK_MONOTONIC) };
}

static struct elapsed since(struct elapsed start)
{
	struct elapsed end = now();

	return (struct elapsed){ end.cpu_ns - start.cpu_ns, end.wall_ns - start.wall_ns };
}

/*
 * The most memory that this process has had resident. getrusage() also counts the process that
 * started this one.
 */
static uint64_t peak_memory(void)
{
	unsigned long long kib = 0;
	FILE *status = fopen("/proc/self/status", "r");
	char line[256];

	while (status && fgets(line, sizeof(line), status))
		if (sscanf(line, "VmHWM: %llu kB", &kib) == 1)
			break;
	if (status)
		fclose(status);
	return kib * 1024;
}

static void print_elapsed(const char *name, struct elapsed took, uint64_t ops, uint32_t checksum, uint64_t bytes)
{
	printf("{\"workload\":\"%s\",\"cpuNs\":%.0f,\"wallNs\":%.0f,\"ops\":%llu,", name, took.cpu_ns, took.wall_ns,
	       (unsigned long long)ops);
	printf("\"checksum\":%u,\"bytes\":%llu,\"peakBytes\":%llu}\n", checksum, (unsigned long long)bytes,
	       (unsigned long long)peak_memory());
	fflush(stdout);
}
