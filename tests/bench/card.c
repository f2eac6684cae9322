/*
 * bench-card MODULE APDUS: direct.c's renewal on whatever card the module shows.
 * A line for each act: its name, how many lines the file APDUS (tests/card) has
 * got meanwhile, milliseconds.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include "bench.h"

static const char *apdus;

void bench_die(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("bench-card: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	exit(1);
}

double bench_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static long count_apdus(void)
{
	FILE *file = fopen(apdus, "r");
	long lines = 0;

	if (!file)
		bench_die("%s cannot be read", apdus);
	for (int byte; (byte = getc(file)) != EOF;)
		lines += byte == '\n';
	fclose(file);
	return lines;
}

static struct {
	double time;
	long apdus;
} begun;

static void begin(void)
{
	begun.apdus = count_apdus();
	begun.time = bench_now();
}

static void end(const char *act)
{
	double time = bench_now() - begun.time;

	printf("%s %ld %.0f\n", act, count_apdus() - begun.apdus, time / 1000);
}

static size_t certify(const char *folder, const unsigned char point[67], unsigned char **der)
{
	char path[BENCH_PATH];
	EVP_PKEY *key = ca_p256(point + 2, 65);
	struct ca ca;
	size_t length;

	snprintf(path, sizeof path, "%s.ca.pem", folder);
	ca = ca_new(path);
	length = ca_issue(&ca, key, "新证书", der);
	EVP_PKEY_free(key);
	return length;
}

int main(int count, char **values)
{
	unsigned char point[67], *der;
	size_t length;

	if (count != 3)
		bench_die("MODULE APDUS");
	apdus = values[2];
	begin();
	direct_open(values[1], "");
	direct_list();
	end("list");
	begin();
	direct_login();
	end("login");
	begin();
	direct_begin(point);
	end("begin");
	length = certify(apdus, point, &der);
	begin();
	direct_install(der, length);
	end("install");
	begin();
	direct_complete();
	end("complete");
	direct_close();
	OPENSSL_free(der);
	return 0;
}
