/*
 * The decision table of a renewal.
 */
#include "renewal/decide.h"

#include <assert.h>
#include <string.h>

#define LOOKED KH_FACT_LOOKED
#define LOGIN KH_FACT_LOGIN
#define SEEN KH_FACT_SEEN
#define PRIVATE KH_FACT_PRIVATE
#define PUBLIC KH_FACT_PUBLIC
#define CERTIFICATE KH_FACT_CERTIFICATE
#define ENC_KEY KH_FACT_ENCRYPTION_KEY
#define ENC_CERTIFICATE KH_FACT_ENCRYPTION_CERTIFICATE
#define COMPLETED KH_FACT_COMPLETED
#define SAME KH_FACT_SAME
#define DUAL KH_FACT_DUAL
#define HINT KH_FACT_HINT
#define OTHER KH_FACT_OTHER
#define UNBUILDABLE KH_FACT_UNBUILDABLE
#define CHECKED KH_FACT_CHECKED
#define PROVED KH_FACT_PROVED
#define ANSWERED KH_FACT_ANSWERED
#define IMPORTED KH_FACT_IMPORTED
#define TORN KH_FACT_TORN
#define BROKEN KH_FACT_BROKEN
#define ALONE KH_FACT_ALONE

struct row {
	unsigned present; /* all of these are known */
	unsigned absent;  /* none of these is */
	enum kh_renewal_step step;
};

/* The first row that fits decides; the last one fits always. */
static const struct row begin_rows[] = {
	{0, LOOKED, KH_STEP_LOOK},
	{ANSWERED, 0, KH_STEP_DONE},
	{COMPLETED, 0, KH_STEP_REFUSE},
	{CERTIFICATE, SEEN, KH_STEP_REFUSE},
	{CERTIFICATE | PRIVATE, 0, KH_STEP_REFUSE},
	{CERTIFICATE | SAME, 0, KH_STEP_REFUSE},
	{0, LOGIN, KH_STEP_LOGIN},
	{0, SEEN, KH_STEP_LOOK},
	{CERTIFICATE, 0, KH_STEP_DELETE},    /* its private key is lost */
	{SAME | PRIVATE, 0, KH_STEP_REFUSE}, /* begun with a new key */
	{SAME | PUBLIC, 0, KH_STEP_REFUSE},
	{SAME, 0, KH_STEP_REQUEST},
	{PRIVATE | PUBLIC | BROKEN, 0, KH_STEP_DELETE},
	{PRIVATE | PUBLIC, 0, KH_STEP_REQUEST},
	{PRIVATE, UNBUILDABLE, KH_STEP_REBUILD},
	{PRIVATE, 0, KH_STEP_DELETE},
	{PUBLIC, 0, KH_STEP_DELETE},
	{0, 0, KH_STEP_GENERATE},
};

static const struct row install_rows[] = {
	{0, LOOKED, KH_STEP_LOOK},
	{ANSWERED, 0, KH_STEP_DONE},
	{0, SAME | HINT | PRIVATE | PUBLIC | CERTIFICATE, KH_STEP_REFUSE},
	{PUBLIC, CHECKED, KH_STEP_CHECK},
	{CERTIFICATE, CHECKED, KH_STEP_CHECK},
	{SAME, CHECKED, KH_STEP_CHECK},
	{OTHER, 0, KH_STEP_REFUSE},
	{0, LOGIN, KH_STEP_LOGIN},
	{0, SEEN, KH_STEP_LOOK},
	{0, SAME | PRIVATE, KH_STEP_REFUSE},
	{0, SAME | PUBLIC | CERTIFICATE, KH_STEP_REBUILD},
	{0, CHECKED, KH_STEP_CHECK},
	{0, CERTIFICATE, KH_STEP_WRITE},
	{DUAL, IMPORTED, KH_STEP_IMPORT},
	{0, PROVED, KH_STEP_PROVE},
	{0, 0, KH_STEP_RECEIPT},
};

static const struct row complete_rows[] = {
	{0, LOOKED, KH_STEP_LOOK},
	{ANSWERED, 0, KH_STEP_DONE},
	{COMPLETED, 0, KH_STEP_DONE},
	{0, CERTIFICATE, KH_STEP_REFUSE},
	{ENC_KEY, ENC_CERTIFICATE, KH_STEP_REFUSE},
	{0, LOGIN, KH_STEP_LOGIN},
	{0, PROVED, KH_STEP_PROVE},
	{0, 0, KH_STEP_RETIRE},
};

static const struct row cancel_rows[] = {
	{0, LOOKED, KH_STEP_LOOK},
	{ANSWERED, 0, KH_STEP_DONE},
	{COMPLETED, 0, KH_STEP_REFUSE},
	{CERTIFICATE, 0, KH_STEP_REFUSE},
	{0, PRIVATE | PUBLIC | TORN | HINT, KH_STEP_DONE},
	{0, LOGIN, KH_STEP_LOGIN},
	{0, SEEN, KH_STEP_LOOK},
	{0, PRIVATE | PUBLIC | TORN, KH_STEP_DONE},
	{0, 0, KH_STEP_DELETE},
};

static const struct row *const rows[KH_ACT_COUNT] = {
	[KH_ACT_BEGIN] = begin_rows,
	[KH_ACT_INSTALL] = install_rows,
	[KH_ACT_COMPLETE] = complete_rows,
	[KH_ACT_CANCEL] = cancel_rows,
};

enum kh_renewal_step kh_renewal_next(enum kh_renewal_act act, unsigned facts)
{
	const struct row *row = rows[act];

	while ((facts & row->present) != row->present || (facts & row->absent) != 0)
		row++;
	return row->step;
}

/* What a step that went well adds. */
static const unsigned gains[KH_STEP_COUNT] = {
	[KH_STEP_LOGIN] = LOGIN,
	[KH_STEP_GENERATE] = PRIVATE | PUBLIC,
	[KH_STEP_REBUILD] = PUBLIC,
	[KH_STEP_REQUEST] = ANSWERED,
	[KH_STEP_CHECK] = CHECKED,
	[KH_STEP_WRITE] = CERTIFICATE,
	[KH_STEP_IMPORT] = ENC_KEY | ENC_CERTIFICATE | IMPORTED,
	[KH_STEP_PROVE] = PROVED,
	[KH_STEP_RECEIPT] = ANSWERED,
	[KH_STEP_RETIRE] = ANSWERED | COMPLETED,
};

unsigned kh_renewal_after(enum kh_renewal_act act, enum kh_renewal_step step, unsigned facts)
{
	const unsigned gone = PRIVATE | PUBLIC | CERTIFICATE | TORN | BROKEN | HINT;

	if (step == KH_STEP_DELETE)
		return (facts & ~gone) | (act == KH_ACT_CANCEL ? ANSWERED : 0u);
	return facts | gains[step];
}

unsigned kh_renewal_look(unsigned facts, const struct kh_host_residue *residue, const char *asked)
{
	facts &= ~(unsigned)(PRIVATE | PUBLIC | CERTIFICATE | ENC_KEY | ENC_CERTIFICATE | COMPLETED | ALONE | OTHER |
			     TORN);
	facts |= LOOKED;
	if (facts & LOGIN)
		facts |= SEEN;
	if (!residue)
		return facts;
	facts |= residue->login ? SEEN : 0u;
	facts |= residue->private_key ? PRIVATE : 0u;
	facts |= residue->public_key ? PUBLIC : 0u;
	facts |= residue->certificate ? CERTIFICATE : 0u;
	facts |= residue->encryption_key ? ENC_KEY : 0u;
	facts |= residue->encryption_certificate ? ENC_CERTIFICATE : 0u;
	facts |= residue->completed ? COMPLETED : 0u;
	facts |= residue->alone ? ALONE : 0u;
	facts |= residue->torn ? TORN : 0u;
	if (asked && residue->certificate && strcmp(asked, residue->certificate) != 0)
		facts |= OTHER;
	return facts;
}

bool kh_renewal_remembers_end(const struct kh_journal_entry *entry, const struct kh_host_residue *residue)
{
	return entry->stage == KH_STAGE_COMPLETED && residue->certificate &&
	       strcmp(entry->certificate, residue->certificate) == 0;
}

bool kh_renewal_holds(const struct kh_host_residue *residue)
{
	return residue->private_key || residue->public_key || residue->certificate;
}

void kh_renewal_stage(const struct kh_host_residue *residue, bool dual, enum kh_stage *stage, enum kh_next *next)
{
	static const struct {
		unsigned present, absent;
		enum kh_stage stage;
		enum kh_next next;
	} stages[] = {
		{COMPLETED, 0, KH_STAGE_COMPLETED, KH_NEXT_NONE},
		{CERTIFICATE | ENC_CERTIFICATE | ALONE, 0, KH_STAGE_COMPLETED, KH_NEXT_COMPLETE},
		{CERTIFICATE | ENC_CERTIFICATE, 0, KH_STAGE_INSTALLED, KH_NEXT_COMPLETE},
		{CERTIFICATE | ENC_KEY, 0, KH_STAGE_ENCRYPTION_KEY, KH_NEXT_INSTALL},
		{CERTIFICATE | DUAL, 0, KH_STAGE_CERTIFICATE, KH_NEXT_INSTALL},
		{CERTIFICATE | ALONE, 0, KH_STAGE_COMPLETED, KH_NEXT_COMPLETE},
		{CERTIFICATE, 0, KH_STAGE_INSTALLED, KH_NEXT_COMPLETE},
		{PUBLIC, 0, KH_STAGE_KEY, KH_NEXT_INSTALL},
		{PRIVATE, 0, KH_STAGE_KEY, KH_NEXT_BEGIN},
		{0, 0, KH_STAGE_NOTHING, KH_NEXT_BEGIN},
	};
	unsigned facts = kh_renewal_look(dual ? DUAL : 0u, residue, NULL);
	size_t i = 0;

	while ((facts & stages[i].present) != stages[i].present || (facts & stages[i].absent) != 0)
		i++;
	*stage = stages[i].stage;
	*next = stages[i].next;
}

struct shown {
	enum kh_renewal_step step;
	int number;
	const char *text;
};

static const struct shown begin_shown[] = {
	{KH_STEP_LOGIN, 1, "progress.pin"},	    {KH_STEP_LOOK, 2, "progress.look"},
	{KH_STEP_GENERATE, 3, "progress.generate"}, {KH_STEP_REBUILD, 3, "progress.generate"},
	{KH_STEP_REQUEST, 4, "progress.request"},   {KH_STEP_COUNT, 4, NULL},
};
static const struct shown install_shown[] = {
	{KH_STEP_CHECK, 1, "progress.check"},
	{KH_STEP_LOGIN, 2, "progress.pin"},
	{KH_STEP_LOOK, 3, "progress.look"},
	{KH_STEP_WRITE, 4, "progress.write"},
	{KH_STEP_PROVE, 5, "progress.verify"},
	{KH_STEP_RECEIPT, 6, "progress.receipt"},
	{KH_STEP_COUNT, 6, NULL},
};
static const struct shown dual_shown[] = {
	{KH_STEP_CHECK, 1, "progress.check"},	  {KH_STEP_LOGIN, 2, "progress.pin"},
	{KH_STEP_LOOK, 3, "progress.look"},	  {KH_STEP_WRITE, 4, "progress.write"},
	{KH_STEP_IMPORT, 5, "progress.import"},	  {KH_STEP_PROVE, 6, "progress.verify"},
	{KH_STEP_RECEIPT, 7, "progress.receipt"}, {KH_STEP_COUNT, 7, NULL},
};
static const struct shown complete_shown[] = {
	{KH_STEP_LOGIN, 1, "progress.pin"},
	{KH_STEP_PROVE, 2, "progress.verify"},
	{KH_STEP_RETIRE, 3, "progress.retire"},
	{KH_STEP_COUNT, 3, NULL},
};
static const struct shown cancel_shown[] = {
	{KH_STEP_LOGIN, 1, "progress.pin"},
	{KH_STEP_LOOK, 2, "progress.look"},
	{KH_STEP_COUNT, 2, NULL},
};

static const struct shown *shown_of(enum kh_renewal_act act, bool dual)
{
	switch (act) {
	case KH_ACT_BEGIN:
		return begin_shown;
	case KH_ACT_INSTALL:
		return dual ? dual_shown : install_shown;
	case KH_ACT_COMPLETE:
		return complete_shown;
	case KH_ACT_CANCEL:
	case KH_ACT_COUNT:
		break;
	}
	return cancel_shown;
}

bool kh_renewal_progress(enum kh_renewal_act act, enum kh_renewal_step step, bool dual, int *number, int *of,
			 const char **text)
{
	const struct shown *list = shown_of(act, dual);
	const struct shown *found = NULL;

	for (; list->step != KH_STEP_COUNT; list++) {
		if (list->step == step)
			found = list;
	}
	if (!found)
		return false;
	*number = found->number;
	*of = list->number;
	*text = found->text;
	return true;
}

const char *kh_renewal_act_name(enum kh_renewal_act act)
{
	static const char *const names[KH_ACT_COUNT] = {"begin", "install", "complete", "cancel"};

	assert(act < KH_ACT_COUNT);
	return names[act];
}
