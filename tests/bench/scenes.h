/* What is measured; each scene adds its rows to the table. */
#ifndef BENCH_SCENES_H
#define BENCH_SCENES_H

#include "bench.h"

struct setting {
	struct fixture fixture;
	struct report *report;
	bool small;  /* --short */
	bool failed; /* something grew that must not */
};

void scene_start(struct setting *setting);
void scene_lists(struct setting *setting, int certificates);
void scene_renewal(struct setting *setting);
void scene_slow(struct setting *setting);
void scene_memory(struct setting *setting);
void scene_idle(struct setting *setting);
void scene_system_calls(struct setting *setting);

/* stage.c: what the scenes stand on. */
enum party { PARTY_PRODUCT, PARTY_MODULE };
/* SOFTHSM2_CONF of a party's own copy of the token with so many certificates; made on first use. */
const char *stage_token(struct setting *setting, int certificates, enum party party);
/* Runs work() in a child with the module open and hands back the time it reports. */
double stage_in_child(double (*work)(const struct setting *, const char *), const struct setting *setting,
		      const char *configuration);
/* All that starts from now on shares one core: a hop then costs what it costs, not what it
 * takes to wake another core up. */
void stage_one_core(bool on);
struct echo {
	pid_t pid;
	int port;
	struct client client;
};
void stage_echo_start(struct echo *echo, const struct setting *setting);
void stage_echo_connect(struct echo *echo);
double stage_echo_call(struct echo *echo, size_t length);
void stage_echo_stop(struct echo *echo);

#endif
