/*
 * The rehearsal bank. Its books are a file of its own (bank.db), its notices
 * real HTTP POSTs signed with HMAC-SHA-256 (header X-Bank-Signature) from a
 * thread of its own. A tester chooses how it behaves:
 *
 *   now     the money is there, the notice follows at once
 *   late    query and notice know of the money only after some seconds
 *   twice   the notice comes twice
 *   silent  no notice ever comes; a query tells the truth
 *
 * A notice that is not answered with 200 is sent again up to 5 times. It keeps
 * what is to be sent over a restart.
 */
#ifndef HALL_BANK_SANDBOX_H
#define HALL_BANK_SANDBOX_H

#include "bank.h"

/* notice_url: where notices go; trust: folder of a CA for https, or NULL. */
HALL_CHECKED enum hall_code hall_bank_open(const char *state, const char *notice_url, const char *trust,
					   struct hall_bank *bank, struct hall_error *error);
/* Starts and stops the thread that sends notices. */
HALL_CHECKED enum hall_code hall_bank_start(struct hall_bank *bank, struct hall_error *error);
void hall_bank_close(struct hall_bank *bank);

/* What the payer does on the bank's page. payment.expired, payment.absent,
 * input.invalid (mode). Paying twice is paying once. */
HALL_CHECKED enum hall_code hall_bank_pay(struct hall_bank *bank, const char *payment, const char *mode,
					  int64_t seconds, struct hall_error *error);

/* {id, order, amount, expires, state:"open"|"processing"|"paid"|"closed"|"refunded"|"expired"} */
HALL_CHECKED enum hall_code hall_bank_show(struct hall_bank *bank, const char *payment, json_t **out,
					   struct hall_error *error);

#endif
