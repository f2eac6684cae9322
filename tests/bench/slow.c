/*
 * What a slow key feels: softkey with a delay before every C_ call, so that the
 * number of calls is the clerk's waiting time. The numbers are softkey's own
 * list of calls; those of libp11, the second reader, stand there by its name.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scenes.h"

#define DELAY 5 /* ms a call */

enum act { FIRST_1, FIRST_10, REPEATED, VERIFY, BEGIN, INSTALL, COMPLETE, ACTS };

/*
 * How many C_ calls of its own the agent may make. An operation that needs more
 * ends the run: a change that saves a call lowers the number here.
 */
static const struct {
	const char *name;
	long most;
} table[ACTS] = {
	[FIRST_1] = {"certificate.list, first, 1", 10},
	[FIRST_10] = {"certificate.list, first, 10", 37},
	[REPEATED] = {"certificate.list, nothing changed", 6},
	[VERIFY] = {"pin.verify", 7},
	[BEGIN] = {"renewal.begin", 12},
	[INSTALL] = {"renewal.install", 8},
	[COMPLETE] = {"renewal.complete", 16},
};

struct side {
	char store[BENCH_PATH];
	/* Of each round the fewest calls: a page that is connected has its keys looked at every two seconds. */
	long calls[ACTS], reader[ACTS];
	struct samples time[ACTS], whole;
	double sum; /* of this round's renewal */
};

struct stage {
	struct setting *setting;
	struct fixture fixture; /* with softkey */
	struct side agent, direct;
};

static void write_file(const struct side *side, const char *name, const char *text)
{
	char path[BENCH_PATH + 16];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", side->store, name);
	file = fopen(path, "w");
	if (!file || fputs(text, file) < 0 || fclose(file) != 0)
		bench_die("%s: %s", path, strerror(errno));
}

/* So far; by libp11 alone. After its answer the agent looks at the slots once more, which is no part of it. */
static long count_calls(const struct side *side, long *reader)
{
	char path[BENCH_PATH + 16], line[80];
	long calls = 0, all = 0;
	FILE *file;

	snprintf(path, sizeof path, "%s/calls", side->store);
	file = fopen(path, "r");
	*reader = 0;
	while (file && fgets(line, sizeof line, file)) {
		all += strncmp(line, "C_", 2) == 0;
		if (strcmp(line, "C_GetSlotList\n") != 0 && strcmp(line, "C_GetTokenInfo\n") != 0)
			calls = all;
		*reader += strstr(line, " libp11") != NULL;
	}
	if (!file)
		bench_die("%s: %s", path, strerror(errno));
	fclose(file);
	return calls;
}

/* Until no call comes any more; then the list begins anew. */
static void settle(const struct side *side)
{
	char path[BENCH_PATH + 16];
	struct stat before, after;

	snprintf(path, sizeof path, "%s/calls", side->store);
	do {
		if (stat(path, &before) < 0)
			bench_die("%s: %s", path, strerror(errno));
		usleep((4 * DELAY + 10) * 1000);
	} while (stat(path, &after) == 0 && after.st_size != before.st_size);
	write_file(side, "calls", "");
}

static void note(struct side *side, enum act act, double time)
{
	long reader, calls = count_calls(side, &reader);
	bool first = side->time[act].count == 0;

	if (first || calls - reader < side->calls[act])
		side->calls[act] = calls - reader;
	if (first || reader < side->reader[act])
		side->reader[act] = reader;
	samples_add(&side->time[act], time);
	side->sum += time;
	settle(side);
}

static void make_store(struct stage *stage, struct side *side, const char *name, int certificates)
{
	char rule[32];

	snprintf(side->store, sizeof side->store, "%.200s/softkey-%s-%d", stage->fixture.folder, name, certificates);
	if (mkdir(side->store, 0700) < 0)
		bench_die("%s: %s", side->store, strerror(errno));
	module_make_token(stage->fixture.module, side->store, &stage->fixture.ca, certificates);
	module_close();
	snprintf(rule, sizeof rule, "* 0 delay %d\n", DELAY);
	write_file(side, "faults", stage->setting->small ? "" : rule);
	write_file(side, "calls", "");
}

static void make_stores(struct stage *stage, int certificates)
{
	make_store(stage, &stage->agent, "agent", certificates);
	make_store(stage, &stage->direct, "direct", certificates);
}

static void list_agent(struct stage *stage, struct product *product, enum act act, size_t certificates)
{
	size_t listed;
	double start;

	settle(&stage->agent);
	start = bench_now();
	listed = product_certificates(product, NULL);
	note(&stage->agent, act, bench_now() - start);
	if (listed != certificates)
		bench_die("%zu certificates in the agent's list", listed);
}

static void list_direct(struct stage *stage, enum act act, size_t certificates)
{
	size_t listed;
	double start;

	settle(&stage->direct);
	start = bench_now();
	listed = direct_list();
	note(&stage->direct, act, bench_now() - start);
	if (listed != certificates)
		bench_die("%zu certificates in the direct list", listed);
}

static void list_round(struct stage *stage, enum act act, int certificates)
{
	struct product product;

	product_open(&product, &stage->fixture, stage->agent.store);
	list_agent(stage, &product, act, (size_t)certificates);
	if (act == FIRST_10)
		list_agent(stage, &product, REPEATED, (size_t)certificates);
	product_stop(&product);
	direct_open(stage->fixture.module, stage->direct.store);
	list_direct(stage, act, (size_t)certificates);
	if (act == FIRST_10)
		list_direct(stage, REPEATED, (size_t)certificates);
	direct_close();
}

static void renew_agent(struct stage *stage, struct product *product, char **certificate)
{
	struct renewal renewal;

	stage->agent.sum = 0;
	note(&stage->agent, VERIFY, product_login(product));
	note(&stage->agent, BEGIN, product_begin(product, &renewal, *certificate));
	note(&stage->agent, INSTALL, product_install(product, &renewal, &stage->fixture.ca));
	note(&stage->agent, COMPLETE, product_complete(product, &renewal, certificate));
	samples_add(&stage->agent.whole, stage->agent.sum);
}

static void renew_direct(struct stage *stage)
{
	unsigned char point[67], *der;
	struct side *side = &stage->direct;
	double start = bench_now();
	EVP_PKEY *key;
	size_t length;

	side->sum = 0;
	direct_login();
	note(side, VERIFY, bench_now() - start);
	start = bench_now();
	direct_begin(point);
	note(side, BEGIN, bench_now() - start);
	key = ca_p256(point + 2, 65);
	length = ca_issue(&stage->fixture.ca, key, "新证书", &der);
	start = bench_now();
	direct_install(der, length);
	note(side, INSTALL, bench_now() - start);
	start = bench_now();
	direct_complete();
	note(side, COMPLETE, bench_now() - start);
	samples_add(&side->whole, side->sum);
	OPENSSL_free(der);
	EVP_PKEY_free(key);
}

static void renewal_round(struct stage *stage)
{
	struct product product;
	char *certificate;

	product_open(&product, &stage->fixture, stage->agent.store);
	product_certificates(&product, &certificate);
	settle(&stage->agent);
	renew_agent(stage, &product, &certificate);
	product_stop(&product);
	free(certificate);
	direct_open(stage->fixture.module, stage->direct.store);
	direct_list();
	settle(&stage->direct);
	renew_direct(stage);
	direct_close();
}

/* --- the rows --- */

static void format(char out[64], long calls, long reader, struct samples *time)
{
	int length = snprintf(out, 64, reader ? "%ld + %ld calls" : "%ld calls", calls, reader);

	if (time)
		snprintf(out + length, 64 - (size_t)length, ", %.1f / %.1f ms", samples_p50(time) / 1000,
			 samples_minimum(time) / 1000);
}

static void act_row(struct stage *stage, enum act act)
{
	struct side *agent = &stage->agent, *direct = &stage->direct;
	char name[64], texts[2][64], ratio[64], aim[64] = "";
	long most = act == REPEATED ? 3 : 0;

	snprintf(name, sizeof name, "slow key: %s", table[act].name);
	format(texts[0], agent->calls[act], agent->reader[act], stage->setting->small ? NULL : &agent->time[act]);
	format(texts[1], direct->calls[act], 0, stage->setting->small ? NULL : &direct->time[act]);
	snprintf(ratio, sizeof ratio, "calls %.2f", (double)agent->calls[act] / (double)direct->calls[act]);
	if (most)
		snprintf(aim, sizeof aim, "≤ %ld calls", most);
	report_figure(stage->setting->report, name, texts[0], "", texts[1], ratio, aim,
		      most && agent->calls[act] > most);
}

static long sum(const long calls[ACTS])
{
	return calls[VERIFY] + calls[BEGIN] + calls[INSTALL] + calls[COMPLETE];
}

static void whole_rows(struct stage *stage)
{
	struct side *agent = &stage->agent, *direct = &stage->direct;
	long own = sum(agent->calls), all = own + sum(agent->reader), least = sum(direct->calls);
	double ratio = (double)own / (double)least, waiting;
	char texts[2][64], quotient[64];

	format(texts[0], own, 0, NULL);
	format(texts[1], least, 0, NULL);
	snprintf(quotient, sizeof quotient, "calls %.2f", ratio);
	report_figure(stage->setting->report, "slow key: whole renewal, without second reader", texts[0], "", texts[1],
		      quotient, "≤ 1.50", ratio > 1.5);
	format(texts[0], own, all - own, stage->setting->small ? NULL : &agent->whole);
	format(texts[1], least, 0, stage->setting->small ? NULL : &direct->whole);
	snprintf(quotient, sizeof quotient, "calls %.2f", (double)all / (double)least);
	report_figure(stage->setting->report, "slow key: whole renewal, with it", texts[0], "", texts[1], quotient, "",
		      false);
	if (stage->setting->small)
		return;
	waiting = samples_p50(&agent->whole) / (double)(all * DELAY * 1000);
	snprintf(texts[0], sizeof texts[0], "%.3f", waiting);
	snprintf(texts[1], sizeof texts[1], "%.3f", samples_p50(&direct->whole) / (double)(least * DELAY * 1000));
	report_figure(stage->setting->report, "slow key: time / (calls × 5 ms), whole renewal", texts[0], "", texts[1],
		      "", "≤ 1.10", waiting > 1.1);
}

/* The test: no operation needs more calls than the table says. */
static void compare(struct stage *stage)
{
	for (enum act act = 0; act < ACTS; act++) {
		long calls = stage->agent.calls[act];

		if (calls < table[act].most)
			fprintf(stderr, "bench: %s makes %ld calls: lower its %ld in tests/bench/slow.c\n",
				table[act].name, calls, table[act].most);
		if (calls <= table[act].most && (act == COMPLETE || stage->agent.reader[act] == 0))
			continue;
		fprintf(stderr, "bench: %s makes %ld C_ calls, the second reader %ld; tests/bench/slow.c allows %ld\n",
			table[act].name, calls, stage->agent.reader[act], table[act].most);
		stage->setting->failed = true;
	}
}

static void finish(struct side *side)
{
	for (enum act act = 0; act < ACTS; act++)
		samples_finish(&side->time[act]);
	samples_finish(&side->whole);
}

void scene_slow(struct setting *setting)
{
	struct stage stage = {.setting = setting, .fixture = setting->fixture};
	int rounds = setting->small ? 3 : 12;

	snprintf(stage.fixture.module, BENCH_PATH, "%.400s/tests/softkey/softkey.so", setting->fixture.build);
	make_stores(&stage, 10);
	for (int i = 0; i < rounds; i++)
		list_round(&stage, FIRST_10, 10);
	make_stores(&stage, 1);
	for (int i = 0; i < rounds; i++) {
		list_round(&stage, FIRST_1, 1);
		renewal_round(&stage);
	}
	for (enum act act = 0; act < ACTS; act++)
		act_row(&stage, act);
	whole_rows(&stage);
	compare(&stage);
	finish(&stage.agent);
	finish(&stage.direct);
}
