/* Every cell of the order's table, written down a second time as sentences. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "order.h"

/* One line an order state: "event>state" for each event that is not refused. */
static const struct {
	enum hall_state state;
	const char *moves;
} expected[] = {
	{HALL_NEW, "bind>BOUND confirm>CONFIRMED cancel>CANCELLED"},
	{HALL_BOUND, "bind>BOUND confirm>CONFIRMED cancel>CANCELLED"},
	{HALL_CONFIRMED, "bind>CONFIRMED confirm>CONFIRMED pay>PAYING cancel>CANCELLED"},
	{HALL_PAYING, "bind>PAYING confirm>PAYING pay>PAYING money>PAID cancel>CANCELLED"},
	{HALL_PAID, "bind>PAID pay>PAID money>PAID key>KEY_BOUND refund>REFUND"},
	{HALL_KEY_BOUND, "bind>KEY_BOUND pay>KEY_BOUND money>KEY_BOUND key>KEY_BOUND rekey>KEY_BOUND apply>APPLIED"},
	{HALL_APPLIED,
	 "bind>APPLIED pay>APPLIED money>APPLIED key>APPLIED rekey>KEY_BOUND apply>APPLIED issue>ISSUED "
	 "give-up>MANUAL"},
	{HALL_ISSUED,
	 "bind>ISSUED pay>ISSUED money>ISSUED key>ISSUED rekey>KEY_BOUND issue>ISSUED receipt>INSTALLED "
	 "envelope>ISSUED"},
	{HALL_INSTALLED, "pay>INSTALLED money>INSTALLED key>INSTALLED receipt>INSTALLED invoice>INVOICED"},
	{HALL_INVOICED, "pay>INVOICED money>INVOICED key>INVOICED receipt>INVOICED invoice>INVOICED"},
	{HALL_CANCELLED, "money>REFUND cancel>CANCELLED"},
	{HALL_REFUND, "money>REFUND refund>REFUND"},
	{HALL_MANUAL, "bind>MANUAL pay>MANUAL money>MANUAL key>MANUAL give-up>MANUAL retry>APPLIED refund>REFUND"},
};

#define STATES (sizeof(expected) / sizeof(*expected))

static void describe(enum hall_state state, char *out, size_t size)
{
	size_t used = 0;
	out[0] = '\0';
	for (int event = 0; event < HALL_EVENT_COUNT; event++) {
		enum hall_state next = hall_order_next(state, (enum hall_event)event);
		if (next != HALL_STATE_NONE)
			used += (size_t)snprintf(out + used, size - used, "%s%s>%s", used > 0 ? " " : "",
						 hall_event_name((enum hall_event)event), hall_state_name(next));
	}
}

static void test_every_cell(void **state)
{
	(void)state;
	assert_int_equal(STATES, HALL_STATE_COUNT - 1);
	for (size_t i = 0; i < STATES; i++) {
		char text[512];
		describe(expected[i].state, text, sizeof(text));
		assert_string_equal(text, expected[i].moves);
	}
	for (int event = 0; event < HALL_EVENT_COUNT; event++)
		assert_int_equal(hall_order_next(HALL_STATE_NONE, (enum hall_event)event), HALL_STATE_NONE);
}

static void test_after_paid_no_cancel(void **state)
{
	(void)state;
	for (int at = HALL_PAID; at <= HALL_INVOICED; at++)
		assert_int_equal(hall_order_next((enum hall_state)at, HALL_EVENT_CANCEL), HALL_STATE_NONE);
}

/* From ISSUED there is only forward: nothing leads before KEY_BOUND or to a refund. */
static void test_after_issued_only_forward(void **state)
{
	(void)state;
	for (int at = HALL_ISSUED; at <= HALL_INVOICED; at++)
		for (int event = 0; event < HALL_EVENT_COUNT; event++) {
			enum hall_state next = hall_order_next((enum hall_state)at, (enum hall_event)event);
			assert_true(next == HALL_STATE_NONE || (next >= HALL_KEY_BOUND && next <= HALL_INVOICED));
		}
}

/* Money is never refused once a payment could exist. */
static void test_money_is_always_booked(void **state)
{
	(void)state;
	for (int at = HALL_PAYING; at < HALL_STATE_COUNT; at++)
		assert_int_not_equal(hall_order_next((enum hall_state)at, HALL_EVENT_MONEY), HALL_STATE_NONE);
}

/* An event that moved the order is welcome again in the state it led to, but for
 * those that only the hall itself sends. */
static void test_repeated(void **state)
{
	(void)state;
	static const enum hall_event events[] = {HALL_EVENT_BIND,   HALL_EVENT_CONFIRM, HALL_EVENT_PAY,
						 HALL_EVENT_MONEY,  HALL_EVENT_KEY,	HALL_EVENT_RECEIPT,
						 HALL_EVENT_CANCEL, HALL_EVENT_INVOICE};
	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++)
		for (int at = HALL_NEW; at < HALL_STATE_COUNT; at++) {
			enum hall_state next = hall_order_next((enum hall_state)at, events[i]);
			if (next != HALL_STATE_NONE)
				assert_int_equal(hall_order_next(next, events[i]), next);
		}
}

static void test_names(void **state)
{
	(void)state;
	for (int at = HALL_NEW; at < HALL_STATE_COUNT; at++)
		assert_int_equal(hall_state_of(hall_state_name((enum hall_state)at)), at);
	assert_int_equal(hall_state_of("nothing"), HALL_STATE_NONE);
	for (int at = HALL_NEW; at < HALL_STATE_COUNT; at++)
		assert_int_equal(hall_order_is_open((enum hall_state)at), at != HALL_INSTALLED && at != HALL_INVOICED &&
										  at != HALL_CANCELLED &&
										  at != HALL_REFUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cell),
		cmocka_unit_test(test_after_paid_no_cancel),
		cmocka_unit_test(test_after_issued_only_forward),
		cmocka_unit_test(test_money_is_always_booked),
		cmocka_unit_test(test_repeated),
		cmocka_unit_test(test_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
