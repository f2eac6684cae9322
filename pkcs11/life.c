/* The end of the daemon, and the call that is finished before ours. */
#include "life.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <uv.h>

#include "host_process.h"
#include "lifeline.h"

/* Both in one word: whoever comes second sees what the first has done. */
#define IN_CALL 1u
#define ALONE 2u
static atomic_uint life;
static_assert(ATOMIC_INT_LOCK_FREE == 2, "used in a signal handler");

static struct kh_lifeline line;
static unsigned grace = KH_GRACE_MILLISECONDS;

void kh_life_call_begin(void)
{
	if (atomic_fetch_or(&life, IN_CALL) & ALONE)
		kh_process_end();
}

void kh_life_call_end(void)
{
	if (atomic_fetch_and(&life, ~IN_CALL) & ALONE)
		kh_process_end();
}

void kh_life_lose(void)
{
	if (!(atomic_fetch_or(&life, ALONE) & IN_CALL))
		kh_process_end();
}

unsigned kh_life_grace(void)
{
	return grace;
}

static void watch(void)
{
	kh_lifeline_wait(&line);
	kh_life_lose();
	uv_sleep(grace);
	kh_process_end();
}

enum kh_code kh_life_start(struct kh_error *error)
{
	const char *milliseconds = getenv(KH_GRACE_VARIABLE);
	enum kh_code code = kh_lifeline_open(&line, getenv(KH_LIFELINE_VARIABLE), error);

	if (code != KH_OK)
		return code;
	if (!line.watches)
		return kh_process_end_with_parent(error);
	if (milliseconds)
		grace = (unsigned)strtoul(milliseconds, NULL, 10);
	code = kh_process_on_farewell(kh_life_lose, error);
	return code == KH_OK ? kh_process_start_thread(watch, error) : code;
}
