/*
 * A trace's entries: whose they are, and what becomes of those that nobody takes.
 */
#include "trace.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

static struct {
	char last[256];
	int taken, refuse;
} reader;

static bool take(void *context, const struct kh_buffer *line)
{
	(void)context;
	if (reader.refuse > 0) {
		reader.refuse--;
		return false;
	}
	reader.taken++;
	snprintf(reader.last, sizeof(reader.last), "%s", strchr(line->data, ','));
	return true;
}

static void say(struct kh_trace *trace, int64_t page)
{
	kh_trace_fact(trace, (struct kh_entry_peer){.page = page}, "opened", NULL, NULL);
}

static void test_whose(void **state)
{
	struct kh_trace trace = {0};

	(void)state;
	memset(&reader, 0, sizeof(reader));
	say(&trace, 1);
	kh_trace_fact(NULL, (struct kh_entry_peer){.page = 1}, "opened", NULL, NULL);
	kh_trace_begin(&trace, 2, take, NULL);
	say(&trace, 2);
	assert_int_equal(reader.taken, 0);
	say(&trace, 1);
	assert_string_equal(reader.last, ",\"page\":1,\"opened\":{}}");
	kh_trace_fact(&trace, (struct kh_entry_peer){.host = "a\"b.so"}, "is", NULL, NULL);
	assert_string_equal(reader.last, ",\"host\":\"a\\\"b.so\",\"is\":{}}");
	kh_trace_end(&trace);
	say(&trace, 1);
	assert_int_equal(reader.taken, 2);
}

/* The first refusal loses the entry, the next two the word about it and the entries. */
static void test_lost(void **state)
{
	struct kh_trace trace = {0};

	(void)state;
	memset(&reader, 0, sizeof(reader));
	kh_trace_begin(&trace, 9, take, NULL);
	reader.refuse = 3;
	for (int i = 0; i < 3; i++)
		say(&trace, 1);
	assert_int_equal(reader.taken, 0);
	say(&trace, 1);
	assert_int_equal(reader.taken, 2);
	assert_string_equal(reader.last, ",\"page\":1,\"opened\":{}}");
	say(&trace, 1);
	assert_int_equal(reader.taken, 3);
	kh_trace_end(&trace);
	assert_int_equal(kh_entry_lost("{\"at\":3,\"lost\":3}"), 3);
	assert_int_equal(kh_entry_lost("{\"at\":3,\"page\":1,\"opened\":{}}"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_whose), cmocka_unit_test(test_lost)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
