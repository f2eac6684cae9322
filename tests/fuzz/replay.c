/*
 * A short run of a fuzz target in every build: the files named on the command
 * line as they are, then changed at random, the same way each time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define SIZE_MOST 16384
#define ROUNDS 1000

static uint64_t state = 88172645463325252u;

static size_t pick(size_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (size_t)(state % below);
}

/* A block of its very own length, so that a sanitizer sees one byte too many. */
static void run(const char *data, size_t size)
{
	uint8_t *exact = malloc(size ? size : 1);

	if (!exact)
		abort();
	memcpy(exact, data, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

static size_t change(char *data, size_t size)
{
	static const char bytes[] = "\"\\{}[],:0123456789.-+eEtfnu \n\t\x80\xc0\xe4\xff\x01";
	size_t at = pick(size), length = pick(size - at) / 4 + 1, to;

	switch (pick(5)) {
	case 0:
		data[at] = bytes[pick(sizeof(bytes))];
		return size;
	case 1:
		data[at] = (char)pick(256);
		return size;
	case 2:
		memmove(data + at, data + at + length, size - at - length);
		return size - length;
	case 3:
		if (size + length > SIZE_MOST)
			return size;
		memmove(data + at + length, data + at, size - at);
		return size + length;
	default:
		to = pick(size - length + 1);
		memmove(data + to, data + at, length);
		return size;
	}
}

static void mutate(const char *seed, size_t seed_size)
{
	char data[SIZE_MOST];

	for (int round = 0; round < ROUNDS; round++) {
		size_t size = seed_size;
		memcpy(data, seed, size);
		for (size_t i = pick(4) + 1; i > 0 && size > 1; i--)
			size = change(data, size);
		run(data, size);
	}
}

int main(int count, char **names)
{
	for (int i = 1; i < count; i++) {
		char seed[SIZE_MOST];
		FILE *file = fopen(names[i], "rb");
		size_t size;

		if (!file)
			return perror(names[i]), 1;
		size = fread(seed, 1, sizeof(seed), file);
		fclose(file);
		run(seed, size);
		if (size > 1)
			mutate(seed, size);
	}
	return 0;
}
