/*
 * The bank as the hall sees it: one interface, so that a real aggregator
 * (银联聚合支付) can stand behind it; bank_sandbox.c is the rehearsal bank.
 *
 * Money that came is told by a notice (a signed POST to /api/bank/notice) and
 * by query; neither is trusted to come alone, once, or at all.
 */
#ifndef HALL_BANK_H
#define HALL_BANK_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum hall_bank_state {
	HALL_BANK_OPEN,
	HALL_BANK_PROCESSING, /* the payer did his part, the money is not there yet */
	HALL_BANK_PAID,
	HALL_BANK_CLOSED,
	HALL_BANK_REFUNDED
};

struct hall_bank {
	void *self;

	/* A payment by the hall's own name for it; welcome twice. */
	enum hall_code (*open)(void *self, const char *payment, const char *order, int64_t amount, int64_t expires,
			       struct hall_error *error);
	enum hall_code (*query)(void *self, const char *payment, enum hall_bank_state *state, struct hall_error *error);
	/* Nobody can pay it afterwards, unless it is processing; state says what it is now. */
	enum hall_code (*close)(void *self, const char *payment, enum hall_bank_state *state, struct hall_error *error);
	enum hall_code (*refund)(void *self, const char *payment, struct hall_error *error);
	/* notice.invalid unless the signature over the body is the bank's. */
	enum hall_code (*check_notice)(void *self, const void *body, size_t length, const char *signature,
				       struct hall_error *error);
};

#endif
