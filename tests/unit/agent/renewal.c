/*
 * The decision table of a renewal: what each residue leads to, what may never
 * happen whatever is known, and that every way ends.
 */
#include "renewal/decide.h"
#include "renewal/steps.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

#define LOOKED KH_FACT_LOOKED
#define IN (KH_FACT_LOOKED | KH_FACT_LOGIN | KH_FACT_SEEN)
#define PAIR (KH_FACT_PRIVATE | KH_FACT_PUBLIC)
#define CERTIFICATE KH_FACT_CERTIFICATE
#define ENC_KEY KH_FACT_ENCRYPTION_KEY
#define ENC_CERTIFICATE KH_FACT_ENCRYPTION_CERTIFICATE
#define CHECKED KH_FACT_CHECKED
#define PROVED KH_FACT_PROVED
#define SAME KH_FACT_SAME
#define DUAL KH_FACT_DUAL
#define TORN KH_FACT_TORN
#define BROKEN KH_FACT_BROKEN
#define ALL_FACTS (KH_FACT_BROKEN * 2u)

/* The six sets of a residue × the calls, logged in and looked at. */
static const struct {
	const char *what;
	unsigned facts;
	enum kh_renewal_step begin, install, complete, cancel;
} cells[] = {
	{"0 nothing", IN, KH_STEP_GENERATE, KH_STEP_REFUSE, KH_STEP_REFUSE, KH_STEP_DONE},
	{"1 private key", IN | KH_FACT_PRIVATE, KH_STEP_REBUILD, KH_STEP_REBUILD, KH_STEP_REFUSE, KH_STEP_DELETE},
	{"1 private key for ever alone", IN | KH_FACT_PRIVATE | KH_FACT_UNBUILDABLE, KH_STEP_DELETE, KH_STEP_REBUILD,
	 KH_STEP_REFUSE, KH_STEP_DELETE},
	{"1 public key", IN | KH_FACT_PUBLIC, KH_STEP_DELETE, KH_STEP_CHECK, KH_STEP_REFUSE, KH_STEP_DELETE},
	{"1 public key, checked", IN | KH_FACT_PUBLIC | CHECKED, KH_STEP_DELETE, KH_STEP_REFUSE, KH_STEP_REFUSE,
	 KH_STEP_DELETE},
	{"1 torn objects", IN | TORN, KH_STEP_GENERATE, KH_STEP_REFUSE, KH_STEP_REFUSE, KH_STEP_DELETE},
	{"2 pair that does not sign", IN | PAIR | BROKEN, KH_STEP_DELETE, KH_STEP_CHECK, KH_STEP_REFUSE,
	 KH_STEP_DELETE},
	{"3 certificate, its key does not sign", IN | PAIR | CERTIFICATE | BROKEN, KH_STEP_REFUSE, KH_STEP_CHECK,
	 KH_STEP_PROVE, KH_STEP_REFUSE},
	{"same key", IN | SAME | BROKEN, KH_STEP_REQUEST, KH_STEP_CHECK, KH_STEP_REFUSE, KH_STEP_DONE},
	{"2 pair and torn objects", IN | PAIR | TORN, KH_STEP_REQUEST, KH_STEP_CHECK, KH_STEP_REFUSE, KH_STEP_DELETE},
	{"2 pair", IN | PAIR, KH_STEP_REQUEST, KH_STEP_CHECK, KH_STEP_REFUSE, KH_STEP_DELETE},
	{"2 pair, checked", IN | PAIR | CHECKED, KH_STEP_REQUEST, KH_STEP_WRITE, KH_STEP_REFUSE, KH_STEP_DELETE},
	{"3 certificate", IN | PAIR | CERTIFICATE, KH_STEP_REFUSE, KH_STEP_CHECK, KH_STEP_PROVE, KH_STEP_REFUSE},
	{"3 certificate, checked", IN | PAIR | CERTIFICATE | CHECKED, KH_STEP_REFUSE, KH_STEP_PROVE, KH_STEP_PROVE,
	 KH_STEP_REFUSE},
	{"3 certificate of two, checked", IN | PAIR | CERTIFICATE | CHECKED | DUAL, KH_STEP_REFUSE, KH_STEP_IMPORT,
	 KH_STEP_PROVE, KH_STEP_REFUSE},
	{"4 encryption key", IN | PAIR | CERTIFICATE | CHECKED | DUAL | ENC_KEY, KH_STEP_REFUSE, KH_STEP_IMPORT,
	 KH_STEP_REFUSE, KH_STEP_REFUSE},
	{"5 everything", IN | PAIR | CERTIFICATE | CHECKED | DUAL | ENC_KEY | ENC_CERTIFICATE, KH_STEP_REFUSE,
	 KH_STEP_IMPORT, KH_STEP_PROVE, KH_STEP_REFUSE},
	{"5 everything, the second pair proved",
	 IN | PAIR | CERTIFICATE | CHECKED | DUAL | ENC_KEY | ENC_CERTIFICATE | KH_FACT_IMPORTED, KH_STEP_REFUSE,
	 KH_STEP_PROVE, KH_STEP_PROVE, KH_STEP_REFUSE},
	{"5 everything, the page gives one", IN | PAIR | CERTIFICATE | CHECKED | ENC_KEY | ENC_CERTIFICATE,
	 KH_STEP_REFUSE, KH_STEP_PROVE, KH_STEP_PROVE, KH_STEP_REFUSE},
	{"4 encryption key, the page gives one", IN | PAIR | CERTIFICATE | CHECKED | ENC_KEY, KH_STEP_REFUSE,
	 KH_STEP_PROVE, KH_STEP_REFUSE, KH_STEP_REFUSE},
	{"5 everything, proved", IN | PAIR | CERTIFICATE | CHECKED | PROVED, KH_STEP_REFUSE, KH_STEP_RECEIPT,
	 KH_STEP_RETIRE, KH_STEP_REFUSE},
	{"3 certificate, its private key lost", IN | KH_FACT_PUBLIC | CERTIFICATE | CHECKED, KH_STEP_DELETE,
	 KH_STEP_REFUSE, KH_STEP_PROVE, KH_STEP_REFUSE},
	{"3 certificate alone", IN | CERTIFICATE | CHECKED, KH_STEP_DELETE, KH_STEP_REFUSE, KH_STEP_PROVE,
	 KH_STEP_REFUSE},
	{"another certificate", IN | PAIR | CERTIFICATE | CHECKED | KH_FACT_OTHER, KH_STEP_REFUSE, KH_STEP_REFUSE,
	 KH_STEP_PROVE, KH_STEP_REFUSE},
	{"completed", IN | PAIR | CERTIFICATE | KH_FACT_COMPLETED, KH_STEP_REFUSE, KH_STEP_CHECK, KH_STEP_DONE,
	 KH_STEP_REFUSE},
	{"same key, nothing", IN | SAME, KH_STEP_REQUEST, KH_STEP_CHECK, KH_STEP_REFUSE, KH_STEP_DONE},
	{"same key, but it made a new one", IN | SAME | PAIR | CHECKED, KH_STEP_REFUSE, KH_STEP_WRITE, KH_STEP_REFUSE,
	 KH_STEP_DELETE},
	{"same key, checked", IN | SAME | CHECKED, KH_STEP_REQUEST, KH_STEP_WRITE, KH_STEP_REFUSE, KH_STEP_DONE},
	{"same key, certificate", IN | SAME | CHECKED | CERTIFICATE, KH_STEP_REFUSE, KH_STEP_PROVE, KH_STEP_PROVE,
	 KH_STEP_REFUSE},
	/* before the login */
	{"unknown", 0, KH_STEP_LOOK, KH_STEP_LOOK, KH_STEP_LOOK, KH_STEP_LOOK},
	{"nothing seen", LOOKED, KH_STEP_LOGIN, KH_STEP_REFUSE, KH_STEP_REFUSE, KH_STEP_DONE},
	{"nothing seen but remembered", LOOKED | KH_FACT_HINT, KH_STEP_LOGIN, KH_STEP_LOGIN, KH_STEP_REFUSE,
	 KH_STEP_LOGIN},
	{"public key seen", LOOKED | KH_FACT_PUBLIC, KH_STEP_LOGIN, KH_STEP_CHECK, KH_STEP_REFUSE, KH_STEP_LOGIN},
	{"torn objects seen", LOOKED | TORN, KH_STEP_LOGIN, KH_STEP_REFUSE, KH_STEP_REFUSE, KH_STEP_LOGIN},
	{"certificate seen", LOOKED | KH_FACT_PUBLIC | CERTIFICATE, KH_STEP_REFUSE, KH_STEP_CHECK, KH_STEP_LOGIN,
	 KH_STEP_REFUSE},
	{"logged in, not looked again", LOOKED | KH_FACT_LOGIN | KH_FACT_PUBLIC | CHECKED, KH_STEP_LOOK, KH_STEP_LOOK,
	 KH_STEP_REFUSE, KH_STEP_LOOK},
};

static void expect(const char *what, enum kh_renewal_act act, unsigned facts, enum kh_renewal_step wanted)
{
	enum kh_renewal_step step = kh_renewal_next(act, facts);

	if (step != wanted)
		fail_msg("%s, %s: %s instead of %s", what, kh_renewal_act_name(act), kh_step_of(step)->name,
			 kh_step_of(wanted)->name);
}

static void test_cells(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		expect(cells[i].what, KH_ACT_BEGIN, cells[i].facts, cells[i].begin);
		expect(cells[i].what, KH_ACT_INSTALL, cells[i].facts, cells[i].install);
		expect(cells[i].what, KH_ACT_COMPLETE, cells[i].facts, cells[i].complete);
		expect(cells[i].what, KH_ACT_CANCEL, cells[i].facts, cells[i].cancel);
	}
}

/* A step, what must be known for it and what must not. */
static const struct {
	enum kh_renewal_step step;
	unsigned needs, never;
} rules[] = {
	{KH_STEP_GENERATE, IN, PAIR | CERTIFICATE | KH_FACT_COMPLETED | SAME},
	{KH_STEP_REBUILD, IN | KH_FACT_PRIVATE, KH_FACT_PUBLIC},
	{KH_STEP_DELETE, IN, KH_FACT_COMPLETED},
	{KH_STEP_REQUEST, IN, CERTIFICATE | KH_FACT_COMPLETED},
	{KH_STEP_WRITE, IN | CHECKED, CERTIFICATE | KH_FACT_OTHER},
	{KH_STEP_IMPORT, IN | CHECKED | CERTIFICATE | DUAL, KH_FACT_IMPORTED | KH_FACT_OTHER},
	{KH_STEP_RECEIPT, IN | CHECKED | CERTIFICATE | PROVED, KH_FACT_OTHER},
	{KH_STEP_RETIRE, LOOKED | KH_FACT_LOGIN | CERTIFICATE | PROVED, KH_FACT_COMPLETED},
};

static void test_rules_hold_for_everything(void **state)
{
	(void)state;
	for (unsigned act = 0; act < KH_ACT_COUNT; act++) {
		for (unsigned facts = 0; facts < ALL_FACTS; facts++) {
			enum kh_renewal_step step = kh_renewal_next((enum kh_renewal_act)act, facts);

			if (step == KH_STEP_DELETE && (facts & CERTIFICATE) != 0 &&
			    (facts & (KH_FACT_PRIVATE | SAME)) != 0)
				fail_msg("a certificate with its key is deleted with %x", facts);
			if (step == KH_STEP_DELETE && act == KH_ACT_BEGIN && (facts & PAIR) == PAIR &&
			    !(facts & BROKEN))
				fail_msg("a pair that signs is deleted with %x", facts);
			for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
				if (rules[i].step != step)
					continue;
				if ((facts & rules[i].needs) != rules[i].needs || (facts & rules[i].never) != 0)
					fail_msg("%s %s with %x", kh_renewal_act_name((enum kh_renewal_act)act),
						 kh_step_of(step)->name, facts);
			}
		}
	}
}

static void test_no_receipt_before_the_second_pair(void **state)
{
	(void)state;
	for (unsigned facts = DUAL; facts < ALL_FACTS; facts++) {
		enum kh_renewal_step step = kh_renewal_next(KH_ACT_INSTALL, facts);

		if ((facts & DUAL) && !(facts & KH_FACT_IMPORTED))
			assert_true(step != KH_STEP_PROVE && step != KH_STEP_RECEIPT);
	}
}

static void test_a_pair_is_never_made_or_deleted_but_by_its_call(void **state)
{
	(void)state;
	for (unsigned facts = 0; facts < ALL_FACTS; facts++) {
		enum kh_renewal_step install = kh_renewal_next(KH_ACT_INSTALL, facts);
		enum kh_renewal_step complete = kh_renewal_next(KH_ACT_COMPLETE, facts);
		enum kh_renewal_step cancel = kh_renewal_next(KH_ACT_CANCEL, facts);

		assert_true(install != KH_STEP_GENERATE && install != KH_STEP_DELETE && install != KH_STEP_RETIRE);
		assert_true(complete != KH_STEP_GENERATE && complete != KH_STEP_DELETE && complete != KH_STEP_WRITE);
		assert_true(cancel != KH_STEP_GENERATE && cancel != KH_STEP_RETIRE && cancel != KH_STEP_WRITE);
		assert_true(kh_renewal_next(KH_ACT_BEGIN, facts) != KH_STEP_RETIRE);
	}
}

/* Runs a call to its end on a key that does what it is told. */
static void test_every_way_ends(void **state)
{
	(void)state;
	for (unsigned act = 0; act < KH_ACT_COUNT; act++) {
		for (unsigned start = 0; start < ALL_FACTS; start++) {
			unsigned facts = start;
			enum kh_renewal_step step = KH_STEP_LOOK;
			int steps;

			for (steps = 0; steps < KH_STEP_COUNT + 4; steps++) {
				step = kh_renewal_next((enum kh_renewal_act)act, facts);
				if (step == KH_STEP_DONE || step == KH_STEP_REFUSE)
					break;
				if (step == KH_STEP_LOOK)
					facts |= LOOKED | (facts & KH_FACT_LOGIN ? KH_FACT_SEEN : 0u);
				else
					facts = kh_renewal_after((enum kh_renewal_act)act, step, facts);
			}
			if (step != KH_STEP_DONE && step != KH_STEP_REFUSE)
				fail_msg("%s does not end from %x", kh_renewal_act_name((enum kh_renewal_act)act),
					 start);
		}
	}
}

static void test_look(void **state)
{
	char id[] = "aa", other[] = "bb";
	struct kh_host_residue residue = {.private_key = true, .public_key = true, .certificate = id};

	(void)state;
	assert_int_equal(kh_renewal_look(SAME, NULL, NULL), SAME | LOOKED);
	assert_int_equal(kh_renewal_look(PAIR | CERTIFICATE | KH_FACT_LOGIN, NULL, NULL), IN);
	assert_int_equal(kh_renewal_look(0, &residue, NULL), LOOKED | PAIR | CERTIFICATE);
	residue.login = true;
	assert_int_equal(kh_renewal_look(0, &residue, NULL), LOOKED | KH_FACT_SEEN | PAIR | CERTIFICATE);
	residue.login = false;
	assert_int_equal(kh_renewal_look(0, &residue, id), LOOKED | PAIR | CERTIFICATE);
	assert_int_equal(kh_renewal_look(0, &residue, other), LOOKED | PAIR | CERTIFICATE | KH_FACT_OTHER);
	assert_true(kh_renewal_holds(&residue));
	residue = (struct kh_host_residue){.torn = true};
	assert_int_equal(kh_renewal_look(PAIR | SAME, &residue, NULL), SAME | LOOKED | TORN);
	assert_false(kh_renewal_holds(&residue));
}

static void test_stage(void **state)
{
	char id[] = "aa";
	static const struct kh_host_residue nothing;
	const struct {
		struct kh_host_residue residue;
		bool dual;
		enum kh_stage stage;
		enum kh_next next;
	} stages[] = {
		{nothing, false, KH_STAGE_NOTHING, KH_NEXT_BEGIN},
		{{.private_key = true}, false, KH_STAGE_KEY, KH_NEXT_BEGIN},
		{{.public_key = true}, false, KH_STAGE_KEY, KH_NEXT_INSTALL},
		{{.private_key = true, .public_key = true}, false, KH_STAGE_KEY, KH_NEXT_INSTALL},
		{{.public_key = true, .certificate = id}, false, KH_STAGE_INSTALLED, KH_NEXT_COMPLETE},
		{{.public_key = true, .certificate = id}, true, KH_STAGE_CERTIFICATE, KH_NEXT_INSTALL},
		{{.public_key = true, .certificate = id, .encryption_key = true},
		 true,
		 KH_STAGE_ENCRYPTION_KEY,
		 KH_NEXT_INSTALL},
		{{.certificate = id, .encryption_key = true, .encryption_certificate = id},
		 true,
		 KH_STAGE_INSTALLED,
		 KH_NEXT_COMPLETE},
		{{.certificate = id, .completed = true}, true, KH_STAGE_COMPLETED, KH_NEXT_NONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
		enum kh_stage stage;
		enum kh_next next;

		kh_renewal_stage(&stages[i].residue, stages[i].dual, &stage, &next);
		assert_int_equal(stage, stages[i].stage);
		assert_int_equal(next, stages[i].next);
	}
}

static void test_progress(void **state)
{
	(void)state;
	for (unsigned act = 0; act < KH_ACT_COUNT; act++) {
		for (unsigned step = 0; step < KH_STEP_COUNT; step++) {
			int number, of;
			const char *text;

			if (kh_renewal_progress((enum kh_renewal_act)act, (enum kh_renewal_step)step, true, &number,
						&of, &text)) {
				assert_in_range(number, 1, of);
				assert_non_null(text);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_rules_hold_for_everything),
		cmocka_unit_test(test_no_receipt_before_the_second_pair),
		cmocka_unit_test(test_a_pair_is_never_made_or_deleted_but_by_its_call),
		cmocka_unit_test(test_every_way_ends),
		cmocka_unit_test(test_look),
		cmocka_unit_test(test_stage),
		cmocka_unit_test(test_progress),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
