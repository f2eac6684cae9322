/* The order's state machine as a table. */
#include "order.h"

#include <stddef.h>
#include <string.h>

#define NEW HALL_NEW
#define BOUND HALL_BOUND
#define CONFIRMED HALL_CONFIRMED
#define PAYING HALL_PAYING
#define PAID HALL_PAID
#define KEY_BOUND HALL_KEY_BOUND
#define APPLIED HALL_APPLIED
#define ISSUED HALL_ISSUED
#define INSTALLED HALL_INSTALLED
#define INVOICED HALL_INVOICED
#define CANCELLED HALL_CANCELLED
#define REFUND HALL_REFUND
#define MANUAL HALL_MANUAL

/* An empty cell is refused. */
static const enum hall_state table[HALL_STATE_COUNT][HALL_EVENT_COUNT] = {
	/* clang-format off */
	/*             BIND       CONFIRM    PAY        MONEY      KEY        REKEY      APPLY    ISSUE   GIVE_UP RECEIPT    INVOICE   CANCEL     RETRY    REFUND  ENVELOPE */
	[NEW]       = {BOUND,     CONFIRMED, 0,         0,         0,         0,         0,       0,      0,      0,         0,        CANCELLED, 0,       0,      0},
	[BOUND]     = {BOUND,     CONFIRMED, 0,         0,         0,         0,         0,       0,      0,      0,         0,        CANCELLED, 0,       0,      0},
	[CONFIRMED] = {CONFIRMED, CONFIRMED, PAYING,    0,         0,         0,         0,       0,      0,      0,         0,        CANCELLED, 0,       0,      0},
	[PAYING]    = {PAYING,    PAYING,    PAYING,    PAID,      0,         0,         0,       0,      0,      0,         0,        CANCELLED, 0,       0,      0},
	[PAID]      = {PAID,      0,         PAID,      PAID,      KEY_BOUND, 0,         0,       0,      0,      0,         0,        0,         0,       REFUND, 0},
	[KEY_BOUND] = {KEY_BOUND, 0,         KEY_BOUND, KEY_BOUND, KEY_BOUND, KEY_BOUND, APPLIED, 0,      0,      0,         0,        0,         0,       0,      0},
	[APPLIED]   = {APPLIED,   0,         APPLIED,   APPLIED,   APPLIED,   KEY_BOUND, APPLIED, ISSUED, MANUAL, 0,         0,        0,         0,       0,      0},
	[ISSUED]    = {ISSUED,    0,         ISSUED,    ISSUED,    ISSUED,    KEY_BOUND, 0,       ISSUED, 0,      INSTALLED, 0,        0,         0,       0,      ISSUED},
	[INSTALLED] = {0,         0,         INSTALLED, INSTALLED, INSTALLED, 0,         0,       0,      0,      INSTALLED, INVOICED, 0,         0,       0,      0},
	[INVOICED]  = {0,         0,         INVOICED,  INVOICED,  INVOICED,  0,         0,       0,      0,      INVOICED,  INVOICED, 0,         0,       0,      0},
	[CANCELLED] = {0,         0,         0,         REFUND,    0,         0,         0,       0,      0,      0,         0,        CANCELLED, 0,       0,      0},
	[REFUND]    = {0,         0,         0,         REFUND,    0,         0,         0,       0,      0,      0,         0,        0,         0,       REFUND, 0},
	[MANUAL]    = {MANUAL,    0,         MANUAL,    MANUAL,    MANUAL,    0,         0,       0,      MANUAL, 0,         0,        0,         APPLIED, REFUND, 0},
	/* clang-format on */
};

static const char *const states[HALL_STATE_COUNT] = {
	[NEW] = "NEW",		 [BOUND] = "BOUND",	    [CONFIRMED] = "CONFIRMED",
	[PAYING] = "PAYING",	 [PAID] = "PAID",	    [KEY_BOUND] = "KEY_BOUND",
	[APPLIED] = "APPLIED",	 [ISSUED] = "ISSUED",	    [INSTALLED] = "INSTALLED",
	[INVOICED] = "INVOICED", [CANCELLED] = "CANCELLED", [REFUND] = "REFUND",
	[MANUAL] = "MANUAL",
};

static const char *const events[HALL_EVENT_COUNT] = {
	[HALL_EVENT_BIND] = "bind",	  [HALL_EVENT_CONFIRM] = "confirm", [HALL_EVENT_PAY] = "pay",
	[HALL_EVENT_MONEY] = "money",	  [HALL_EVENT_KEY] = "key",	    [HALL_EVENT_REKEY] = "rekey",
	[HALL_EVENT_APPLY] = "apply",	  [HALL_EVENT_ISSUE] = "issue",	    [HALL_EVENT_GIVE_UP] = "give-up",
	[HALL_EVENT_RECEIPT] = "receipt", [HALL_EVENT_INVOICE] = "invoice", [HALL_EVENT_CANCEL] = "cancel",
	[HALL_EVENT_RETRY] = "retry",	  [HALL_EVENT_REFUND] = "refund",   [HALL_EVENT_ENVELOPE] = "envelope",
};

enum hall_state hall_order_next(enum hall_state state, enum hall_event event)
{
	return table[state][event];
}

bool hall_order_is_open(enum hall_state state)
{
	return state != INSTALLED && state != INVOICED && state != CANCELLED && state != REFUND;
}

const char *hall_state_name(enum hall_state state)
{
	return states[state] ? states[state] : "";
}

enum hall_state hall_state_of(const char *name)
{
	for (int state = NEW; state < HALL_STATE_COUNT; state++)
		if (strcmp(states[state], name) == 0)
			return (enum hall_state)state;
	return HALL_STATE_NONE;
}

const char *hall_event_name(enum hall_event event)
{
	return events[event];
}
