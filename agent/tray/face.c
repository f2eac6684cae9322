/*
 * The states' table, and which of them it is.
 */
#include "tray/face.h"

#include <stdlib.h>
#include <string.h>

#include "reminder/due.h"
#include "text.h"

static const struct {
	const char *icon, *headline;
	bool attention;
} states[KH_TRAY_STATES] = {
	[KH_TRAY_ABSENT] = {"keyhall-absent", "tray.absent", false},
	[KH_TRAY_NO_KEY] = {"keyhall-no-key", "tray.no_key", false},
	[KH_TRAY_FINE] = {"keyhall-fine", "tray.fine", false},
	[KH_TRAY_PENDING] = {"keyhall-due", "tray.pending", true},
	[KH_TRAY_DUE] = {"keyhall-due", "tray.due", true},
	[KH_TRAY_WRONG] = {"keyhall-wrong", "tray.wrong", true},
};

/* always: also where no daemon answers. */
static const struct {
	const char *text, *absent;
	bool always;
} entries[KH_TRAY_ACTIONS] = {
	[KH_TRAY_MANAGE] = {"tray.manage", "tray.manage", false},
	[KH_TRAY_CHECK] = {"tray.check", "tray.check", false},
	[KH_TRAY_REPORT] = {"tray.report", "tray.report", true},
	[KH_TRAY_RESTART] = {"tray.restart", "tray.start", true},
	[KH_TRAY_ABOUT] = {"tray.about", "tray.about", true},
};

/* What it is, and the sentence: a row's text, or of a certificate. */
struct finding {
	enum kh_tray_state state;
	const char *text;
	const struct kh_certificate_info *certificate;
};

/* --- the check's rows --- */

static const struct kh_environment_item *row_of(const struct kh_environment_check_result *check,
						enum kh_environment_item_id id)
{
	for (size_t i = 0; i < check->items_count; i++) {
		if (check->items[i].id == id)
			return &check->items[i];
	}
	return NULL;
}

static bool is_absent_key(const struct kh_environment_item *row)
{
	return strcmp(row->code, "token.absent") == 0;
}

/* A key that is not there is no fault; a certificate that can no longer be renewed is of no use. */
static const struct kh_environment_item *find_wrong(const struct kh_environment_check_result *check)
{
	for (size_t i = 0; i < check->items_count; i++) {
		const struct kh_environment_item *row = &check->items[i];

		if ((row->state == KH_ENVIRONMENT_ITEM_STATE_FAIL && !is_absent_key(row)) ||
		    strcmp(row->code, "certificate.late") == 0)
			return row;
	}
	return NULL;
}

static bool is_unusual(const struct kh_environment_item *row)
{
	return row && row->state == KH_ENVIRONMENT_ITEM_STATE_WARN && strcmp(row->code, "certificate.early") != 0;
}

/* --- certificates --- */

static bool is_renewed(const struct kh_certificate_list_result *list, const struct kh_key_certificate *old)
{
	for (size_t i = 0; i < list->certificates_count; i++) {
		if (kh_due_replaces(&list->certificates[i].base, old))
			return true;
	}
	return false;
}

/* Of those that count the one that ends first: which can be renewed now, or any. */
static const struct kh_certificate_info *find_first(const struct kh_certificate_list_result *list, bool open)
{
	const struct kh_certificate_info *first = NULL;

	for (size_t i = 0; i < list->certificates_count; i++) {
		const struct kh_certificate_info *one = &list->certificates[i];

		if (!kh_due_counts(&one->base) || is_renewed(list, &one->base) ||
		    (open && one->renewal.state != KH_RENEWAL_WINDOW_STATE_OPEN))
			continue;
		if (!first || strcmp(one->base.not_after, first->base.not_after) < 0)
			first = one;
	}
	return first;
}

static char *certificate_text(const struct kh_certificate_info *certificate, enum kh_tray_state state,
			      const char *locale)
{
	struct kh_window window = {.state = certificate->renewal.state, .days_left = certificate->renewal.days_left};

	(void)kh_time_parse(certificate->renewal.closes, &window.closes);
	return state == KH_TRAY_DUE ? kh_due_sentence(locale, &certificate->base, &window)
				    : kh_due_text(locale, "tray.valid", &certificate->base, &window);
}

/* --- which --- */

static struct finding find_key(const struct kh_tray_news *news)
{
	const struct kh_environment_item *pending = row_of(news->check, KH_ENVIRONMENT_ITEM_ID_PENDING);
	const struct kh_environment_item *certificate = row_of(news->check, KH_ENVIRONMENT_ITEM_ID_CERTIFICATE);
	const struct kh_environment_item *key = row_of(news->check, KH_ENVIRONMENT_ITEM_ID_KEY);
	const struct kh_certificate_info *due = find_first(news->certificates, true);

	if (key && is_absent_key(key))
		return (struct finding){KH_TRAY_NO_KEY, key->text, NULL};
	if (pending && pending->state == KH_ENVIRONMENT_ITEM_STATE_WARN)
		return (struct finding){KH_TRAY_PENDING, pending->text, NULL};
	if (due)
		return (struct finding){KH_TRAY_DUE, NULL, due};
	if (is_unusual(certificate))
		return (struct finding){KH_TRAY_FINE, certificate->text, NULL};
	return (struct finding){KH_TRAY_FINE, key ? key->text : "", find_first(news->certificates, false)};
}

static struct finding find(const struct kh_tray_news *news)
{
	const struct kh_environment_item *wrong;

	if (news->trouble)
		return (struct finding){KH_TRAY_WRONG, news->trouble, NULL};
	if (!news->running)
		return (struct finding){KH_TRAY_ABSENT, NULL, NULL};
	wrong = find_wrong(news->check);
	return wrong ? (struct finding){KH_TRAY_WRONG, wrong->text, NULL} : find_key(news);
}

static char *sentence_of(const struct finding *finding, const char *locale)
{
	if (finding->certificate)
		return certificate_text(finding->certificate, finding->state, locale);
	return finding->text ? strdup(finding->text) : kh_text_new(locale, "environment.agent.absent", NULL);
}

/* --- the face --- */

static bool make_entries(bool running, const char *locale, struct kh_tray_face *face)
{
	for (int i = 0; i < KH_TRAY_ACTIONS; i++) {
		face->entries[i] = kh_text_new(locale, running ? entries[i].text : entries[i].absent, NULL);
		face->enabled[i] = running || entries[i].always;
		if (!face->entries[i])
			return false;
	}
	return true;
}

bool kh_tray_face_make(const struct kh_tray_news *news, const char *locale, struct kh_tray_face *face)
{
	const struct finding finding = find(news);
	const struct kh_environment_item *agent =
		news->running && !news->trouble ? row_of(news->check, KH_ENVIRONMENT_ITEM_ID_AGENT) : NULL;

	*face = (struct kh_tray_face){
		.state = finding.state,
		.icon = states[finding.state].icon,
		.attention = states[finding.state].attention,
		.primary = news->running ? KH_TRAY_MANAGE : KH_TRAY_RESTART,
		.title = kh_text_new(locale, "pin.title", NULL),
		.headline = kh_text_new(locale, states[finding.state].headline, NULL),
		.sentence = sentence_of(&finding, locale),
		.agent = agent ? strdup(agent->text) : NULL,
	};
	if (face->title && face->headline && face->sentence && make_entries(news->running, locale, face))
		return true;
	kh_tray_face_finish(face);
	return false;
}

void kh_tray_face_finish(struct kh_tray_face *face)
{
	for (int i = 0; i < KH_TRAY_ACTIONS; i++)
		free(face->entries[i]);
	free(face->title);
	free(face->headline);
	free(face->sentence);
	free(face->agent);
	*face = (struct kh_tray_face){0};
}

bool kh_tray_face_same(const struct kh_tray_face *a, const struct kh_tray_face *b)
{
	return a->sentence && b->sentence && a->state == b->state && strcmp(a->sentence, b->sentence) == 0 &&
	       memcmp(a->enabled, b->enabled, sizeof(a->enabled)) == 0 && strcmp(a->title, b->title) == 0;
}
