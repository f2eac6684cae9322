/* Times of one operation by one party. */
#include <stdlib.h>
#include <time.h>

#include "bench.h"

double bench_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

void samples_add(struct samples *samples, double value)
{
	if (samples->count == samples->size) {
		samples->size = samples->size ? samples->size * 2 : 64;
		samples->values = realloc(samples->values, samples->size * sizeof(double));
		if (!samples->values)
			bench_die("out of memory");
	}
	samples->values[samples->count++] = value;
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static void sort(struct samples *samples)
{
	if (samples->count)
		qsort(samples->values, samples->count, sizeof(double), compare);
}

double samples_p50(struct samples *samples)
{
	sort(samples);
	return samples->count ? samples->values[samples->count / 2] : 0;
}

double samples_minimum(struct samples *samples)
{
	sort(samples);
	return samples->count ? samples->values[0] : 0;
}

void samples_finish(struct samples *samples)
{
	free(samples->values);
	*samples = (struct samples){0};
}
