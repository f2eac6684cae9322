/*
 * Paying for an order as a model: page, hall (service_payment.c), bank. Up to
 * two payments, the first may expire; notices come late, twice or never; a
 * payer may have begun before the payment is closed; the hall restarts between
 * any two writes. tables.h: see renewal.pml.
 */
#ifndef BREAK
#define BREAK 0
#endif

mtype = {
	NOTHING,
	HALL_NEW, HALL_BOUND, HALL_CONFIRMED, HALL_PAYING, HALL_PAID, HALL_KEY_BOUND, HALL_APPLIED, HALL_ISSUED,
	HALL_INSTALLED, HALL_INVOICED, HALL_CANCELLED, HALL_REFUND, HALL_MANUAL,
	HALL_PAYMENT_OPEN, HALL_PAYMENT_EXPIRED, HALL_PAYMENT_CLOSED, HALL_PAYMENT_PAID, HALL_PAYMENT_REFUND_DUE,
	HALL_PAYMENT_REFUNDED,
	HALL_BANK_OPEN, HALL_BANK_PROCESSING, HALL_BANK_PAID, HALL_BANK_CLOSED, HALL_BANK_REFUNDED
};

#include "tables.h"

#define PAYMENTS 2
#define BOTH(p, what) (p[0] == what || p[1] == what)

bool calm;
mtype state = HALL_NEW;
mtype payment[PAYMENTS] = NOTHING, bank[PAYMENTS] = NOTHING;
bool expired[PAYMENTS];
byte count;

#define PENDING(p) (payment[p] == HALL_PAYMENT_OPEN || payment[p] == HALL_PAYMENT_EXPIRED)
#define DOWN if :: !calm -> goto idle :: true fi
#define PAID_ONCE assert(!(payment[0] == HALL_PAYMENT_PAID && payment[1] == HALL_PAYMENT_PAID))

/* hall_service_money: one transaction */
inline money(p)
{
	if
	:: PENDING(p) || payment[p] == HALL_PAYMENT_CLOSED ->
		if
		:: ORDER_NEXT(state, HALL_EVENT_MONEY) == 0 -> skip
#if BREAK == 13
		:: state == HALL_CANCELLED -> skip
#endif
		:: ORDER_NEXT(state, HALL_EVENT_MONEY) != 0 && !(BREAK == 13 && state == HALL_CANCELLED) ->
#if BREAK == 11
			payment[p] = HALL_PAYMENT_PAID;
#else
			payment[p] = (state == HALL_PAYING -> HALL_PAYMENT_PAID : HALL_PAYMENT_REFUND_DUE);
#endif
			state = ORDER_NEXT(state, HALL_EVENT_MONEY)
		fi
	:: else
	fi;
	PAID_ONCE
}

/* retire(): closes at the bank; money that was quicker counts */
inline close(p)
{
	if
	:: bank[p] == HALL_BANK_OPEN -> bank[p] = HALL_BANK_CLOSED; payment[p] = HALL_PAYMENT_CLOSED
	:: bank[p] == HALL_BANK_PROCESSING -> payment[p] = HALL_PAYMENT_EXPIRED
	:: bank[p] == HALL_BANK_PAID -> money(p)
	:: else -> payment[p] = HALL_PAYMENT_CLOSED
	fi
}

active proctype hall()
{
	byte p;

idle:
	do
	/* the page: confirm, pay, cancel */
	:: atomic { state == HALL_NEW ->
			state = ORDER_NEXT(state, HALL_EVENT_CONFIRM) }
	:: atomic { ORDER_NEXT(state, HALL_EVENT_PAY) == HALL_PAYING && count == 0 ->
			bank[0] = HALL_BANK_OPEN;
			payment[0] = HALL_PAYMENT_OPEN; count = 1; state = ORDER_NEXT(state, HALL_EVENT_PAY) }
	:: ORDER_NEXT(state, HALL_EVENT_PAY) == HALL_PAYING && count == 1 && (expired[0] || !PENDING(0)) ->
		atomic {
			if :: payment[0] == HALL_PAYMENT_OPEN -> close(0) :: else fi;
			DOWN
		}
		atomic {
			if
			:: ORDER_NEXT(state, HALL_EVENT_PAY) == HALL_PAYING && count == 1 ->
				bank[1] = HALL_BANK_OPEN;
				payment[1] = HALL_PAYMENT_OPEN; count = 2; state = ORDER_NEXT(state, HALL_EVENT_PAY)
			:: else
			fi
		}
	/* a payment closed at the bank is dead: its place stands for the next one */
	:: atomic { ORDER_NEXT(state, HALL_EVENT_PAY) == HALL_PAYING && count == 2 &&
			payment[1] == HALL_PAYMENT_CLOSED && bank[1] == HALL_BANK_CLOSED ->
			bank[1] = HALL_BANK_OPEN; payment[1] = HALL_PAYMENT_OPEN }
	:: !calm && ORDER_NEXT(state, HALL_EVENT_CANCEL) != 0 ->
		p = 0;
		do
		:: p < count ->
			atomic { if :: PENDING(p) && payment[p] != HALL_PAYMENT_CLOSED -> close(p) :: else fi; p++; DOWN }
		:: else -> break
		od;
		atomic { p = 0;
			if
			:: ORDER_NEXT(state, HALL_EVENT_CANCEL) != 0 -> state = ORDER_NEXT(state, HALL_EVENT_CANCEL)
			:: else
			fi }
	/* a notice, also an old one, also again; after calm it never comes */
	:: atomic { !calm && (bank[0] == HALL_BANK_PAID || bank[0] == HALL_BANK_REFUNDED) -> money(0) }
	:: atomic { !calm && (bank[1] == HALL_BANK_PAID || bank[1] == HALL_BANK_REFUNDED) -> money(1) }
	/* somebody looks at the order: hall_service_ask_bank */
#if BREAK != 12
	:: atomic { PENDING(0) && (bank[0] == HALL_BANK_PAID || bank[0] == HALL_BANK_CLOSED) ->
			if :: bank[0] == HALL_BANK_PAID -> money(0) :: else -> payment[0] = HALL_PAYMENT_CLOSED fi }
	:: atomic { PENDING(1) && (bank[1] == HALL_BANK_PAID || bank[1] == HALL_BANK_CLOSED) ->
			if :: bank[1] == HALL_BANK_PAID -> money(1) :: else -> payment[1] = HALL_PAYMENT_CLOSED fi }
#endif
	/* hall_service_work_refunds: the bank first, then the note */
	:: BOTH(payment, HALL_PAYMENT_REFUND_DUE) ->
		atomic {
			p = (payment[0] == HALL_PAYMENT_REFUND_DUE -> 0 : 1);
			assert(bank[p] == HALL_BANK_PAID || bank[p] == HALL_BANK_REFUNDED);
			bank[p] = HALL_BANK_REFUNDED;
			DOWN;
		}
		atomic { payment[p] = HALL_PAYMENT_REFUNDED; p = 0 }
	/* once it is paid the other one is closed */
	:: atomic { BOTH(payment, HALL_PAYMENT_PAID) && payment[0] == HALL_PAYMENT_OPEN -> close(0) }
	:: atomic { BOTH(payment, HALL_PAYMENT_PAID) && payment[1] == HALL_PAYMENT_OPEN -> close(1) }
	/* at rest: nobody owes anything */
	:: calm && (state == HALL_PAID || state == HALL_CANCELLED || state == HALL_REFUND) &&
	   !BOTH(bank, HALL_BANK_PROCESSING) && !BOTH(payment, HALL_PAYMENT_REFUND_DUE) &&
	   !(PENDING(0) && bank[0] == HALL_BANK_PAID) && !(PENDING(1) && bank[1] == HALL_BANK_PAID) &&
	   !(BOTH(payment, HALL_PAYMENT_PAID) && BOTH(payment, HALL_PAYMENT_OPEN)) -> break
	od;
	assert(state != HALL_PAID || (BOTH(payment, HALL_PAYMENT_PAID) && BOTH(bank, HALL_BANK_PAID)));
	assert(state == HALL_PAID || !BOTH(bank, HALL_BANK_PAID));
	assert(!(bank[0] == HALL_BANK_PAID && bank[1] == HALL_BANK_PAID))
}

/* The payer, with one code or with both, and the clock. */
active proctype payer()
{
progress_storm:
	do
	:: atomic { bank[0] == HALL_BANK_OPEN && !expired[0] -> bank[0] = HALL_BANK_PROCESSING }
	:: atomic { bank[1] == HALL_BANK_OPEN -> bank[1] = HALL_BANK_PROCESSING }
	:: atomic { bank[0] == HALL_BANK_PROCESSING -> bank[0] = HALL_BANK_PAID }
	:: atomic { bank[1] == HALL_BANK_PROCESSING -> bank[1] = HALL_BANK_PAID }
	:: atomic { payment[0] == HALL_PAYMENT_OPEN && !expired[0] -> expired[0] = true }
	:: calm = true; break
	od;
	/* In the end he pays what is open, if anything is still wanted. */
end_payer:
	do
	:: atomic { bank[0] == HALL_BANK_OPEN && !expired[0] && state == HALL_PAYING -> bank[0] = HALL_BANK_PROCESSING }
	:: atomic { bank[1] == HALL_BANK_OPEN && state == HALL_PAYING -> bank[1] = HALL_BANK_PROCESSING }
	:: atomic { bank[0] == HALL_BANK_PROCESSING -> bank[0] = HALL_BANK_PAID }
	:: atomic { bank[1] == HALL_BANK_PROCESSING -> bank[1] = HALL_BANK_PAID }
	od
}
