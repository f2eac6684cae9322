/*
 * A renewal as a model: key, agent (daemon and token host as one), hall with
 * its CA and bank, page. What is left out and what is checked: README.md.
 *
 * tables.h is made from agent/renewal/decide.c and hall/order.c: the decisions checked
 * here are the code's own. Everything may break, any number of times, until
 * `calm`; from then on nothing breaks and the order must come to its end.
 *
 * Options: DUAL an encryption key comes too · PAYMENT from a new order on, else
 * from a paid one · LOSSES how often the order's key is lost · REISSUES the
 * hall's limit · LATE doubled and delayed messages · SEAT another certificate of
 * the company is on the key · READABLE private objects show their public key
 * (RSA) · BREAK a seeded defect.
 */
#ifndef DUAL
#define DUAL 0
#endif
#ifndef PAYMENT
#define PAYMENT 0
#endif
#ifndef LOSSES
#define LOSSES 1
#endif
#ifndef REISSUES
#define REISSUES 3
#endif
#ifndef LATE
#define LATE 1
#endif
#ifndef SEAT
#define SEAT 0
#endif
#ifndef READABLE
#define READABLE 1
#endif
#ifndef BREAK
#define BREAK 0
#endif

mtype = {
	NOTHING,
	KH_STEP_LOOK, KH_STEP_LOGIN, KH_STEP_GENERATE, KH_STEP_REBUILD, KH_STEP_DELETE, KH_STEP_REQUEST, KH_STEP_CHECK,
	KH_STEP_WRITE, KH_STEP_IMPORT, KH_STEP_PROVE, KH_STEP_RECEIPT, KH_STEP_RETIRE, KH_STEP_DONE, KH_STEP_REFUSE,
	KH_ACT_BEGIN, KH_ACT_INSTALL, KH_ACT_COMPLETE, KH_ACT_CANCEL,
	KH_STAGE_NOTHING, KH_STAGE_KEY, KH_STAGE_CERTIFICATE, KH_STAGE_ENCRYPTION_KEY, KH_STAGE_INSTALLED, KH_STAGE_COMPLETED,
	KH_NEXT_BEGIN, KH_NEXT_INSTALL, KH_NEXT_COMPLETE, KH_NEXT_NONE,
	HALL_NEW, HALL_BOUND, HALL_CONFIRMED, HALL_PAYING, HALL_PAID, HALL_KEY_BOUND, HALL_APPLIED, HALL_ISSUED,
	HALL_INSTALLED, HALL_INVOICED, HALL_CANCELLED, HALL_REFUND, HALL_MANUAL,
	HALL_EVENT_BIND, HALL_EVENT_CONFIRM, HALL_EVENT_PAY, HALL_EVENT_MONEY, HALL_EVENT_KEY, HALL_EVENT_REKEY,
	HALL_EVENT_APPLY, HALL_EVENT_ISSUE, HALL_EVENT_GIVE_UP, HALL_EVENT_RECEIPT, HALL_EVENT_INVOICE, HALL_EVENT_CANCEL,
	HALL_EVENT_RETRY, HALL_EVENT_REFUND,
	HALL_PAYMENT_OPEN, HALL_PAYMENT_EXPIRED, HALL_PAYMENT_CLOSED, HALL_PAYMENT_PAID, HALL_PAYMENT_REFUND_DUE,
	HALL_PAYMENT_REFUNDED,
	HALL_BANK_OPEN, HALL_BANK_PROCESSING, HALL_BANK_PAID, HALL_BANK_CLOSED, HALL_BANK_REFUNDED,
	ASK_LOOK, ASK_KEY, ASK_RECEIPT, ASK_CONFIRM, ASK_PAY, ASK_CANCEL
};

#include "tables.h"

bool calm; /* nothing breaks any more */
bool home; /* the page has told the clerk that all is done */

/* ---- the key: objects by the public key or the certificate they hold, 0 none */

bool old_certificate = true, old_private = true, old_public = true;
bool seat = SEAT; /* a certificate of the same company, not this order's */
byte private_key, public_key;
bool broken; /* the private key was torn when it was written: it shows, and does not sign */
byte certificate; /* its number at the CA */
byte encryption_key; /* 1 the private key, 2 its public object too: it has been proved */
bool encryption_broken;
bool encryption_certificate;
bool completed; /* the certificate's label */
bool lease; /* the login of the call before still shows the private key */
#define readable READABLE /* the private key object shows its public key (RSA) */
byte losses;
bool receipted; /* a receipt was signed: what is lost now is another application */

/* ---- the journal: only what is ever asked of it */

bool journal_key;  /* "a key was made on this token" */
byte journal_old;  /* 1 the old certificate, 2 the seat's */

/* ---- the hall */

#define CERTIFICATES 7

mtype state = NOTHING;
byte bound, issued, superseded, reissues;
byte errands;	 /* revocations to be told to the CA; bit 0 is the old certificate */
byte ca_count, ca_unrevoked = 1;
byte ca_key[CERTIFICATES], ca_name[CERTIFICATES];
#define BIT(serial) (1 << (serial))

/* ---- wires: one question under way on each, answers only to who waits */

mtype agent_ask = NOTHING, hall_ask = NOTHING, late = NOTHING;
byte agent_argument, hall_argument, late_argument;
bool agent_hears, hall_hears; /* the page waits for the answer being made */
bool answered, good;
byte answer;			       /* of the agent: public key or receipt */
byte has_bound, has_issued;	       /* of the hall */
bool has_installed;
byte named = 0;			       /* keys that were ever in a request */

#define USABLE (certificate != 0 && !broken && !encryption_broken && private_key == ca_key[certificate] && (ca_unrevoked & BIT(certificate)) && \
		!(errands & BIT(certificate)) && (!DUAL || (encryption_key == 2 && encryption_certificate)))
#define OLD_WHOLE (old_certificate && old_private)
/* Which of two is the old one only the journal may know. */
#define RECOVERED (state == HALL_INSTALLED && certificate == issued && completed && (SEAT || !old_certificate) && USABLE && \
		   ca_unrevoked == BIT(certificate) && errands == 0)

/* A page must not be left with nothing to sign with, whatever happens. */
#define SAFE assert(OLD_WHOLE || (USABLE && state == HALL_INSTALLED)); assert(seat == SEAT)

inline answer_page(hears, ok)
{
	if
	:: hears -> answered = true; good = ok
	:: else
	fi;
	hears = false
}

/* ---- the agent ---------------------------------------------------------- */

#define CUT if :: !calm -> goto cut :: true fi

/* kh_renewal_look */
#define SEES(f) \
	((f & ~(KH_FACT_PRIVATE | KH_FACT_PUBLIC | KH_FACT_CERTIFICATE | KH_FACT_ENCRYPTION_KEY | \
		KH_FACT_ENCRYPTION_CERTIFICATE | KH_FACT_COMPLETED | KH_FACT_ALONE | KH_FACT_OTHER)) | KH_FACT_LOOKED | \
	(((f & KH_FACT_LOGIN) || lease) -> KH_FACT_SEEN | (private_key -> KH_FACT_PRIVATE : 0) : 0) | \
	(public_key -> KH_FACT_PUBLIC : 0) | (certificate -> KH_FACT_CERTIFICATE : 0) | \
	(certificate && (encryption_key == 2 || (encryption_key && ((f & KH_FACT_LOGIN) || lease))) -> KH_FACT_ENCRYPTION_KEY : 0) | \
	(encryption_certificate -> KH_FACT_ENCRYPTION_CERTIFICATE : 0) | (completed -> KH_FACT_COMPLETED : 0) | \
	(ALONE -> KH_FACT_ALONE : 0) | \
	((f & KH_FACT_CHECKED) && certificate && certificate != wanted -> KH_FACT_OTHER : 0))

/* kh_old_find: one candidate or nobody */
#define GUESS (old_certificate && !seat -> 1 : (seat && !old_certificate -> 2 : 0))

/* kh_old_is_none */
#define ALONE (certificate && !old_certificate && !seat)

#define UNMARKED_GUESS (completed -> 0 : GUESS)
#if BREAK == 5
#undef GUESS
#define GUESS (seat -> 2 : (old_certificate -> 1 : 0))
#endif

active proctype agent()
{
	mtype act, step;
	byte wanted; /* the certificate of the call */
	byte old;
	int facts;

end_idle:
	atomic {
		agent_ask != NOTHING ->
		act = agent_ask; agent_ask = NOTHING; wanted = agent_argument; agent_argument = 0; agent_hears = true;
		old = journal_old; facts = 0;
	}
	/* renewal/start.c */
	atomic {
		if
		:: act == KH_ACT_BEGIN ->
			if :: !OLD_WHOLE -> goto refused :: else fi;
			old = 1;
			facts = SEES(facts)
		:: else ->
			if
			:: public_key || certificate ->
				if
				:: act == KH_ACT_INSTALL && old == 0 && certificate -> old = GUESS
				:: else
				fi;
				if :: act == KH_ACT_COMPLETE -> wanted = certificate :: else fi;
				facts = SEES(facts)
			:: else ->
				facts = KH_FACT_LOOKED | (journal_key -> KH_FACT_HINT : 0);
				if :: act == KH_ACT_INSTALL && !journal_key -> goto refused :: else fi
			fi
		fi;
		if :: DUAL && act == KH_ACT_INSTALL -> facts = facts | KH_FACT_DUAL :: else fi
	}
	do
	:: atomic {
		CUT;
again:		if
		:: act == KH_ACT_BEGIN -> step = NEXT_begin(facts)
		:: act == KH_ACT_INSTALL -> step = NEXT_install(facts)
		:: act == KH_ACT_COMPLETE -> step = NEXT_complete(facts)
		:: act == KH_ACT_CANCEL -> step = NEXT_cancel(facts)
		fi;
#if BREAK == 1
		if :: step == KH_STEP_REQUEST && !journal_key -> step = KH_STEP_DELETE :: else fi;
#endif
		/* what changes nothing is not worth a state of its own */
		if
		:: step == KH_STEP_LOOK -> facts = SEES(facts); goto again
		:: step == KH_STEP_LOGIN -> facts = facts | GAINS(KH_STEP_LOGIN); lease = true; goto again
		:: step == KH_STEP_CHECK ->
			if
			:: ca_key[wanted] != public_key && ca_key[wanted] != ca_key[certificate] -> goto refused
			:: else -> facts = facts | GAINS(KH_STEP_CHECK); goto again
			fi
		:: step == KH_STEP_PROVE -> /* in install by the receipt, which comes next */
			if
			:: wanted == 0 || certificate != wanted || private_key != ca_key[wanted] || broken -> goto refused
			:: else -> facts = facts | GAINS(KH_STEP_PROVE); goto again
			fi
		:: step == KH_STEP_DONE -> answer_page(agent_hears, true); goto end
		:: step == KH_STEP_REFUSE -> goto refused
		:: else
		fi
		}
		if
		:: atomic { step == KH_STEP_GENERATE ->
				/* two writes, in the order of the module */
				if
				:: private_key = named + 1
				:: public_key = named + 1
				:: !calm -> private_key = named + 1; broken = true; goto cut
				:: !calm -> private_key = named + 1; broken = true; public_key = named + 1; goto cut
				fi;
				CUT;
				private_key = named + 1; public_key = named + 1; journal_old = old;
				CUT;
				journal_key = true; facts = facts | GAINS(KH_STEP_GENERATE)
			}
		:: atomic { step == KH_STEP_REBUILD ->
				if
				:: private_key == 0 -> goto refused
				:: readable || public_key == private_key -> skip
				:: !readable && act == KH_ACT_BEGIN && public_key != private_key -> facts = facts | KH_FACT_UNBUILDABLE
				:: !readable && act == KH_ACT_INSTALL && ca_key[wanted] == private_key -> skip
				:: else -> goto refused
				fi;
				if
				:: facts & KH_FACT_UNBUILDABLE
				:: else -> public_key = private_key; CUT; journal_key = true; facts = facts | GAINS(KH_STEP_REBUILD)
				fi
			}
		:: atomic { step == KH_STEP_DELETE ->
#if BREAK == 15
				if :: certificate != 0 -> goto refused :: else fi;
#endif
				if :: certificate != 0 && private_key != 0 -> goto refused :: else fi;
				/* only a key nobody waits for, or by the clerk's own wish */
				assert(act == KH_ACT_CANCEL || issued == 0 || private_key != ca_key[issued]);
				if
				:: encryption_key != 0 -> encryption_certificate = false; CUT; encryption_key = 0; encryption_broken = false; CUT
				:: else
				fi;
				if :: certificate != 0 -> certificate = 0; CUT :: else fi;
				private_key = 0; broken = false;
				CUT;
				public_key = 0; journal_key = false;
				facts = (facts & ~(KH_FACT_PRIVATE | KH_FACT_PUBLIC | KH_FACT_CERTIFICATE | KH_FACT_HINT | KH_FACT_BROKEN)) |
					(act == KH_ACT_CANCEL -> KH_FACT_ANSWERED : 0)
			}
		:: atomic { step == KH_STEP_REQUEST ->
				if :: !OLD_WHOLE || private_key == 0 || public_key != private_key -> goto refused :: else fi;
				if
				:: broken && BREAK == 16 -> goto refused
				:: broken && BREAK != 16 -> facts = facts | KH_FACT_BROKEN
				:: else ->
					answer = private_key;
					if :: private_key > named -> named = private_key :: else fi;
					journal_key = true; journal_old = old; facts = facts | GAINS(KH_STEP_REQUEST)
				fi
			}
		:: atomic { step == KH_STEP_WRITE ->
				if
				:: certificate == 0 && ca_key[wanted] == public_key ->
					certificate = wanted; completed = false
				:: certificate == 0 && ca_key[wanted] != public_key -> goto refused
				:: else
				fi;
				CUT;
				journal_key = false; journal_old = old; facts = facts | GAINS(KH_STEP_WRITE)
			}
		:: atomic { step == KH_STEP_IMPORT ->
				if :: certificate == 0 -> goto refused :: else fi;
				/* each once; a private key that is there already is proved again, one that does not decrypt goes */
				if :: encryption_broken && BREAK != 17 -> encryption_key = 0; encryption_broken = false; CUT :: else fi;
				if
				:: encryption_key == 0 -> encryption_key = 1; CUT
				:: encryption_key == 0 && !calm -> encryption_key = 1; encryption_broken = true; goto cut
				:: else
				fi;
				encryption_key = 2;
				CUT;
				encryption_certificate = true; journal_old = old; facts = facts | GAINS(KH_STEP_IMPORT)
			}
		:: atomic { step == KH_STEP_RECEIPT ->
				if :: certificate != wanted || private_key != ca_key[wanted] || broken -> goto refused :: else fi;
				receipted = true; answer = wanted;
				journal_key = false; journal_old = old; facts = facts | GAINS(KH_STEP_RECEIPT)
			}
		:: step == KH_STEP_RETIRE -> break
		fi
	od;

	/* retire.c: finish() */
	atomic {
		if :: certificate != wanted || private_key != ca_key[wanted] || broken -> goto refused :: else fi;
		if
		:: old == 0 -> old = UNMARKED_GUESS
		:: old == 1 && !old_certificate -> old = 0
		:: else
		fi;
		/* where there is a doubt, the certificate's label comes before */
		if
#if BREAK != 4
		:: old != 0 && (old != GUESS || BREAK == 18) -> completed = true; CUT
#endif
		:: else
		fi;
		if :: broken -> goto refused :: else fi
	}
	atomic {
		if
		:: old == 1 ->
			old_private = false; SAFE; CUT;
			old_public = false; CUT;
			old_certificate = false; CUT
		:: old == 2 -> seat = false; SAFE
		:: else
		fi;
		completed = true; SAFE;
		CUT;
		journal_key = false; journal_old = old
	}
	atomic { answer_page(agent_hears, true); goto end }

cut:	/* killed, crashed, hung, key pulled, PIN window closed: the page hears an error, the next call starts anew */
	lease = false;
refused:
	atomic { answer_page(agent_hears, false) }
end:
	atomic {
		act = 0; step = 0; wanted = 0; old = 0; facts = 0;
		goto end_idle
	}
}

/* ---- the hall ----------------------------------------------------------- */

#define DOWN if :: !calm -> goto down :: true fi

/* Nothing counts but the certificate issued last; the others are being revoked. */
#define ONE_ISSUED assert(!(state == HALL_ISSUED || state == HALL_INSTALLED) || \
			  (ca_unrevoked & ~errands & ~BIT(issued)) == 0)

#define BOUND_NEXT \
	(event == HALL_EVENT_KEY -> ORDER_NEXT(state, HALL_EVENT_KEY) : ORDER_NEXT(state, HALL_EVENT_REKEY))

active proctype hall()
{
	mtype ask, event;
	byte argument, serial, i;
	bool ok, rekeying;

	/* the order of a company that has paid */
	state = HALL_PAID;
end_idle:
	do
	:: atomic { hall_ask != NOTHING && !(calm && (state == HALL_MANUAL || errands != 0)) ->
			ask = hall_ask; argument = hall_argument; hall_ask = NOTHING; hall_argument = 0;
			hall_hears = true; break
		}
	:: atomic { late != NOTHING ->
			ask = late; argument = late_argument; late = NOTHING; late_argument = 0; break
		}
	:: atomic { late != NOTHING -> late = NOTHING; late_argument = 0 }
	/* the operator; any look at any order. In the end both happen. */
	:: atomic { state == HALL_MANUAL -> state = ORDER_NEXT(state, HALL_EVENT_RETRY); ask = ASK_LOOK; goto ask_ca }
	:: atomic { errands != 0 -> ask = ASK_LOOK; goto work_errands }
	od;

	if
	:: ask == ASK_LOOK -> ok = true; goto ask_ca
	:: ask == ASK_RECEIPT ->
		atomic {
			if
			:: ORDER_NEXT(state, HALL_EVENT_RECEIPT) != 0 && argument == issued ->
				state = ORDER_NEXT(state, HALL_EVENT_RECEIPT); ok = true; ONE_ISSUED
			:: else
			fi
		}
		goto work_errands
	:: ask == ASK_KEY -> skip
	fi;

	/* bind_key */
	atomic {
		if
		:: ORDER_NEXT(state, HALL_EVENT_KEY) == 0 -> goto reply
		:: else
		fi;
		event = (bound == 0 || bound == argument -> HALL_EVENT_KEY : HALL_EVENT_REKEY);
		if
		:: BOUND_NEXT == 0 -> goto reply
		:: bound == argument -> ok = true; goto ask_ca
		:: argument < bound && BREAK != 14 -> goto reply /* a stale proof: keys are counted in the order of their proofs */
		:: event == HALL_EVENT_REKEY && reissues >= REISSUES && (BREAK == 14 || argument > bound) -> goto reply
#if BREAK != 6
		:: event == HALL_EVENT_REKEY && reissues < REISSUES && state == HALL_APPLIED &&
		   (BREAK == 14 || argument > bound) && BOUND_NEXT != 0 && bound != argument -> rekeying = true; goto ask_ca
#endif
		:: else
		fi
	}
rekey:
	atomic {
		rekeying = false;
		if
#if BREAK != 6
		:: event == HALL_EVENT_REKEY && (state == HALL_APPLIED || BOUND_NEXT == 0) -> goto reply
#endif
		:: else
		fi;
		if
		:: event == HALL_EVENT_REKEY ->
			reissues++;
			if :: issued != 0 -> superseded = issued :: else fi;
#if BREAK == 7
			superseded = 0;
#endif
			issued = 0
		:: else
		fi;
		bound = argument; state = BOUND_NEXT; ok = true;
		DOWN
	}

ask_ca:
	atomic {
		if
		:: ORDER_NEXT(state, HALL_EVENT_APPLY) == 0 -> goto work_errands
#if BREAK == 8
		:: state == HALL_APPLIED -> goto work_errands
#endif
		:: else
		fi;
		state = ORDER_NEXT(state, HALL_EVENT_APPLY);
		/* the CA is away, or refuses */
		if
		:: !calm -> goto down
		:: !calm -> goto asked
		:: !calm -> state = ORDER_NEXT(state, HALL_EVENT_GIVE_UP); goto asked
		:: true
		fi
	}
	atomic {
		serial = 1;
		do
		:: serial <= ca_count && !(ca_key[serial] == bound && ca_name[serial] == reissues) -> serial++
		:: else -> break
		od;
#if BREAK == 2
		serial = ca_count + 1;
#endif
		if
		:: serial > ca_count ->
			i = 1;
			do
			:: i <= ca_count ->
				assert(ca_key[i] != bound || i == superseded || !(ca_unrevoked & ~errands & BIT(i)));
				i++
			:: else -> break
			od;
			i = 0;
			assert(serial < CERTIFICATES);
			ca_count = serial; ca_key[serial] = bound; ca_name[serial] = reissues;
			ca_unrevoked = ca_unrevoked | BIT(serial)
		:: else
		fi;
		DOWN
	}
	atomic {
		if :: superseded != 0 -> ca_unrevoked = ca_unrevoked & ~BIT(superseded) :: else fi;
		DOWN
	}
	atomic {
		issued = serial;
		errands = errands | BIT(0) | (superseded != 0 -> BIT(superseded) : 0);
		state = ORDER_NEXT(state, HALL_EVENT_ISSUE);
		ONE_ISSUED;
		DOWN
	}
asked:
	if :: atomic { rekeying && state == HALL_ISSUED -> event = HALL_EVENT_REKEY; goto rekey } :: else fi;

work_errands:
	atomic { ca_unrevoked = ca_unrevoked & ~errands; DOWN }
	errands = 0;
reply:
	atomic {
		if :: hall_hears -> has_bound = bound; has_issued = issued; has_installed = (state == HALL_INSTALLED) :: else fi;
		answer_page(hall_hears, ok);
		ok = false; rekeying = false; ask = 0; event = 0; argument = 0; serial = 0;
		goto end_idle
	}
down:	/* what was committed stays; hall_service_repair at the start */
	atomic {
		answer_page(hall_hears, false);
		ok = false; rekeying = false; ask = ASK_LOOK; event = 0; argument = 0; serial = 0;
		goto ask_ca
	}
}

/* ---- the page: drive() of keyhall.js, again and again --------------------- */

/* It may be gone, or take the connection for lost, while it waits. */
#define AWAIT(wire, argument, hears, failed) \
	do \
	:: atomic { answered -> \
			answered = false; \
			if :: good -> break :: else -> goto failed fi \
		} \
	:: atomic { !calm && !answered -> \
			if \
			:: wire = NOTHING; argument = 0 \
			:: LATE && hears_late(wire) -> late = wire; late_argument = argument; wire = NOTHING; argument = 0 \
			fi; \
			hears = false; goto look \
		} \
	od
#define hears_late(wire) (late == NOTHING && wire != NOTHING && (wire == ASK_KEY || wire == ASK_RECEIPT))

#define ASK_HALL(what, with) \
	atomic { \
		hall_ask = what; hall_argument = with; \
		if \
		:: LATE && !calm && hears_late(hall_ask) -> late = hall_ask; late_argument = hall_argument /* twice */ \
		:: true \
		fi \
	} \
	AWAIT(hall_ask, hall_argument, hall_hears, look)

#define ASK_AGENT(what, with, failed) \
	atomic { agent_ask = what; agent_argument = with } \
	AWAIT(agent_ask, agent_argument, agent_hears, failed)

/* kh_renewal_stage; the private key shows only to a session that is logged in */
inline inspect()
{
	if
	:: completed && certificate -> stage = KH_STAGE_COMPLETED; next = KH_NEXT_NONE
	:: else ->
		if
		:: certificate && encryption_certificate && ALONE -> stage = KH_STAGE_COMPLETED; next = KH_NEXT_COMPLETE
		:: certificate && encryption_certificate && !ALONE -> stage = KH_STAGE_INSTALLED; next = KH_NEXT_COMPLETE
		:: certificate && !encryption_certificate && encryption_key == 2 ->
			stage = KH_STAGE_ENCRYPTION_KEY; next = KH_NEXT_INSTALL
		:: certificate && !encryption_certificate && encryption_key != 2 && DUAL && journal_old ->
			stage = KH_STAGE_CERTIFICATE; next = KH_NEXT_INSTALL
		:: certificate && !encryption_certificate && encryption_key != 2 && !(DUAL && journal_old) && ALONE ->
			stage = KH_STAGE_COMPLETED; next = KH_NEXT_COMPLETE
		:: certificate && !encryption_certificate && encryption_key != 2 && !(DUAL && journal_old) && !ALONE ->
			stage = KH_STAGE_INSTALLED; next = KH_NEXT_COMPLETE
		:: !certificate && public_key -> stage = KH_STAGE_KEY; next = KH_NEXT_INSTALL
		:: !certificate && !public_key && private_key -> stage = KH_STAGE_KEY; next = KH_NEXT_BEGIN
		:: !certificate && !public_key -> stage = KH_STAGE_NOTHING; next = KH_NEXT_BEGIN
		fi
	fi;
	shown = (certificate -> ca_key[certificate] : (public_key -> public_key : (readable -> private_key : 0)));
#if BREAK == 9
	if
	:: journal_key && stage == KH_STAGE_NOTHING -> stage = KH_STAGE_KEY; next = KH_NEXT_INSTALL; shown = has_bound
	:: else
	fi
#endif
}

active proctype page()
{
	mtype stage, next;
	byte shown; /* RenewalInfo.publicKey */
	bool early, begun;

look:
	atomic {
		begun = false;
		stage = NOTHING; next = NOTHING; shown = 0; early = false; answer = 0;
		has_bound = 0; has_issued = 0; has_installed = false;
	}
	ASK_HALL(ASK_LOOK, 0);
	/* choose(): the key may have been looked at before or after the hall */
	atomic {
		inspect();
		early = stage == KH_STAGE_NOTHING || stage == KH_STAGE_KEY;
		if
		:: next == KH_NEXT_NONE -> goto finish
		:: next != KH_NEXT_NONE && early && has_installed -> assert(false) /* "lost" */
		:: else
		fi;
		if
		:: (stage == KH_STAGE_INSTALLED || stage == KH_STAGE_COMPLETED) && has_installed -> goto complete
		:: else
		fi;
#if BREAK == 10
		if
		:: early && has_issued == 0 -> goto begin
#else
		if
		:: early && !(shown != 0 && shown == has_bound) -> goto begin
#endif
		:: else
		fi;
		if
		:: has_issued != 0 -> goto install
		:: else -> goto look /* waits, or hall.unissued */
		fi
	}
begin:
	begun = true;
	ASK_AGENT(KH_ACT_BEGIN, 0, look);
	ASK_HALL(ASK_KEY, answer);
	if :: has_issued == 0 -> goto look :: else fi;
install:
	ASK_AGENT(KH_ACT_INSTALL, has_issued, unfit);
#if BREAK == 3
	ASK_AGENT(KH_ACT_COMPLETE, 0, look);
#endif
	ASK_HALL(ASK_RECEIPT, answer);
complete:
	ASK_AGENT(KH_ACT_COMPLETE, 0, look);
finish:
	atomic {
		if
		:: !calm -> goto look
		:: calm && RECOVERED -> home = true; goto end_page
		:: calm && !RECOVERED -> goto look
		fi
	}
unfit:	/* the key does not hold what the hall issued for: once a new request */
#if BREAK == 9 || BREAK == 10 /* it would mend these */
	goto look;
#endif
	if :: begun -> goto look :: else -> goto begin fi;
end_page:
	skip
}

/* ---- what breaks ---------------------------------------------------------- */

active proctype storm()
{
progress_storm:
	do
	:: atomic { !calm && (journal_key || journal_old) -> journal_key = false; journal_old = 0 } /* other computer */
	:: atomic { !calm && losses < LOSSES && !receipted && (private_key || public_key) ->
			losses++;
			if
			:: private_key = 0; public_key = 0; certificate = 0; encryption_key = 0; encryption_certificate = false
			:: private_key = 0
			fi;
			broken = false; encryption_broken = encryption_broken && encryption_key != 0
		}
	:: calm = true; break
	od;
	/* In the end: everybody home, nothing under way, all as it should be. */
	home && hall_ask == NOTHING && late == NOTHING && errands == 0;
	assert(RECOVERED);
	assert(seat == SEAT)
}
