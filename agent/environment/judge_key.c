/* The rows about the key. */
#include "environment/judge_key.h"

#include "environment/unseen.h"

#include <stdlib.h>
#include <string.h>

#define SPACE_LOW 4096 /* bytes: a pair of RSA 2048 and its certificate, with what modules add */
#define DATE 11

static bool same_key(const struct kh_token_info *a, const struct kh_token_info *b)
{
	return strcmp(a->token, b->token) == 0 && strcmp(a->module, b->module) == 0;
}

/* How many of them cannot be told apart from this one; itself counts. */
static size_t count_same(const struct kh_check *check, const struct kh_token_info *token)
{
	size_t count = 0;

	for (size_t i = 0; i < check->count; i++)
		count += same_key(&check->tokens[i], token);
	return count;
}

const struct kh_token_info *kh_check_subject(const struct kh_check *check)
{
	const char *asked = check->environment->token;

	for (size_t i = 0; asked && i < check->count; i++) {
		if (kh_token_uri_fits(asked, check->tokens[i].token))
			return &check->tokens[i];
	}
	return !asked && check->count > 0 && count_same(check, check->tokens) == check->count ? check->tokens : NULL;
}

void kh_check_key(struct kh_check *check)
{
	struct kh_error error;

	if (check->subject && kh_modules_ambiguous(check->environment->modules, check->subject->token, &error))
		kh_check_add_subject(check, KH_FINDING_KEY_AMBIGUOUS, NULL);
	else if (check->subject)
		kh_check_add_subject(check, check->subject->readonly ? KH_FINDING_KEY_READONLY : KH_FINDING_KEY_OK,
				     NULL);
	else if (check->count == 0)
		kh_check_add(check, kh_plugged(check->environment, 0) ? KH_FINDING_KEY_UNREAD : KH_FINDING_KEY_ABSENT,
			     NULL);
	else
		kh_check_add(check, check->environment->token ? KH_FINDING_KEY_GONE : KH_FINDING_KEY_SEVERAL, NULL);
}

static const struct kh_token_info *worst_pin(const struct kh_check *check)
{
	const struct kh_token_info *worst = check->tokens;

	for (size_t i = 1; i < check->count; i++) {
		if (check->tokens[i].pin > worst->pin)
			worst = &check->tokens[i];
	}
	return worst;
}

/* Which of several keys will be used nobody knows yet: none of them fails. */
void kh_check_pin(struct kh_check *check)
{
	static const enum kh_finding names[] = {
		[KH_PIN_STATE_NONE] = KH_FINDING_PIN_OK,	 [KH_PIN_STATE_OK] = KH_FINDING_PIN_OK,
		[KH_PIN_STATE_LOW] = KH_FINDING_PIN_LOW,	 [KH_PIN_STATE_FINAL] = KH_FINDING_PIN_FINAL,
		[KH_PIN_STATE_LOCKED] = KH_FINDING_PIN_LOCKED,	 [KH_PIN_STATE_UNSET] = KH_FINDING_PIN_UNSET,
		[KH_PIN_STATE_EXPIRED] = KH_FINDING_PIN_EXPIRED,
	};
	const struct kh_token_info *worst = check->count > 0 ? worst_pin(check) : NULL;
	const char *values[] = {"label", worst ? worst->label : "", NULL};

	if (check->subject)
		kh_check_add_subject(check, names[check->subject->pin], NULL);
	else if (worst && !check->environment->token)
		kh_check_add(check, worst->pin < KH_PIN_STATE_LOCKED ? names[worst->pin] : KH_FINDING_PIN_OTHER,
			     values);
}

void kh_check_space(struct kh_check *check)
{
	const struct kh_token_info *subject = check->subject;
	char text[24];
	const char *values[] = {"free", text, NULL};

	if (!subject)
		return;
	snprintf(text, sizeof(text), "%lld", (long long)subject->free);
	kh_check_add_subject(check,
			     !subject->has_free		 ? KH_FINDING_SPACE_UNKNOWN
			     : subject->free == 0	 ? KH_FINDING_SPACE_FULL
			     : subject->free < SPACE_LOW ? KH_FINDING_SPACE_LOW
							 : KH_FINDING_SPACE_OK,
			     values);
}

struct standing {
	size_t count;
	bool keyed;			       /* of one, the private key is there, or that is not known */
	const struct kh_key_certificate *best; /* of those with a key; NULL: none has dates */
	struct kh_window window;	       /* its */
	int rating;			       /* its, the later one of equals */
};

static bool is_foreign(const struct kh_environment *environment, const struct kh_key_certificate *certificate)
{
	const struct kh_host_chain_look_result *chains = environment->chains;

	for (size_t i = 0; i < chains->foreign_count; i++) {
		if (strcmp(chains->foreign[i], certificate->id) == 0)
			return true;
	}
	return false;
}

/* How well it serves a renewal: one that signs, then one of this CA, then by its window. */
static int rate(const struct kh_environment *environment, const struct kh_key_certificate *certificate,
		const struct kh_window *window)
{
	static const int rank[] = {[KH_RENEWAL_WINDOW_STATE_NONE] = 0,
				   [KH_RENEWAL_WINDOW_STATE_LATE] = 1,
				   [KH_RENEWAL_WINDOW_STATE_EARLY] = 2,
				   [KH_RENEWAL_WINDOW_STATE_OPEN] = 3};

	return (certificate->usage != KH_USAGE_ENCRYPT ? 8 : 0) + (is_foreign(environment, certificate) ? 0 : 4) +
	       rank[window->state];
}

static void take_certificate(const struct kh_environment *environment, const struct kh_key_certificate *certificate,
			     struct standing *standing)
{
	struct kh_window window;
	int64_t end;
	int rating;

	standing->count++;
	if (certificate->has_has_private_key && !certificate->has_private_key)
		return;
	standing->keyed = true;
	if (!kh_time_parse(certificate->not_after, &end))
		return;
	kh_window_compute(end, environment->now, &environment->settings->before, &environment->settings->after,
			  &window);
	rating = rate(environment, certificate, &window);
	if (standing->best &&
	    (rating < standing->rating || (rating == standing->rating && window.closes <= standing->window.closes)))
		return;
	standing->window = window;
	standing->best = certificate;
	standing->rating = rating;
}

/* Of one token, or of all. */
static struct standing stand(const struct kh_check *check, const struct kh_token_info *token)
{
	const struct kh_modules *modules = check->environment->modules;
	struct standing standing = {.count = 0};

	for (size_t i = 0; i < modules->count; i++) {
		const struct kh_host_certificate_found_params *own = &modules->items[i].certificates;

		for (size_t n = 0; n < own->certificates_count; n++) {
			if (!token || strcmp(own->certificates[n].token, token->token) == 0)
				take_certificate(check->environment, &own->certificates[n], &standing);
		}
	}
	return standing;
}

/* The encryption certificate beside a signing certificate, the one that ends last; NULL: none. */
static const struct kh_key_certificate *other_of_pair(const struct kh_check *check,
						      const struct kh_key_certificate *sign)
{
	const struct kh_modules *modules = check->environment->modules;
	const struct kh_key_certificate *other = NULL;

	for (size_t i = 0; sign->usage == KH_USAGE_SIGN && i < modules->count; i++) {
		const struct kh_host_certificate_found_params *own = &modules->items[i].certificates;

		for (size_t n = 0; n < own->certificates_count; n++) {
			const struct kh_key_certificate *one = &own->certificates[n];

			if (one->usage == KH_USAGE_ENCRYPT && strcmp(one->token, sign->token) == 0 &&
			    strcmp(one->subject, sign->subject) == 0 && strcmp(one->issuer, sign->issuer) == 0 &&
			    (!other || strcmp(one->not_after, other->not_after) > 0))
				other = one;
		}
	}
	return other;
}

/* Of a certificate that can be renewed now or later. */
static enum kh_finding find_flaw(const struct kh_check *check, const struct standing *standing,
				 const struct kh_key_certificate *other)
{
	if (is_foreign(check->environment, standing->best))
		return KH_FINDING_CERTIFICATE_FOREIGN;
	if (other && other->has_has_private_key && !other->has_private_key)
		return KH_FINDING_CERTIFICATE_PAIR_KEY;
	if (other && strncmp(other->not_after, standing->best->not_after, DATE - 1) < 0)
		return KH_FINDING_CERTIFICATE_PAIR_ENDS;
	return standing->window.state == KH_RENEWAL_WINDOW_STATE_EARLY ? KH_FINDING_CERTIFICATE_EARLY
								       : KH_FINDING_CERTIFICATE_OPEN;
}

/* A certificate may be a private object: before a login nothing says that there
 * is none. */
static enum kh_finding find_certificate(const struct kh_check *check, const struct standing *standing,
					const struct kh_key_certificate *other)
{
	if (standing->count == 0)
		return check->subject->login ? KH_FINDING_CERTIFICATE_ABSENT : KH_FINDING_CERTIFICATE_UNKNOWN;
	if (!standing->keyed)
		return KH_FINDING_CERTIFICATE_NO_KEY;
	if (!standing->best)
		return KH_FINDING_CERTIFICATE_THERE;
	if (standing->window.state == KH_RENEWAL_WINDOW_STATE_LATE)
		return check->environment->settings->enforce ? KH_FINDING_CERTIFICATE_CLOSED
							     : KH_FINDING_CERTIFICATE_LATE;
	return find_flaw(check, standing, other);
}

void kh_check_certificate(struct kh_check *check)
{
	struct standing standing = stand(check, check->subject);
	const struct kh_key_certificate *other = standing.best ? other_of_pair(check, standing.best) : NULL;
	char opens[KH_TIME_TEXT] = "", closes[KH_TIME_TEXT] = "", ends[DATE];
	const char *values[] = {"opens", opens, "closes", closes, "ends", ends, NULL};

	snprintf(ends, sizeof(ends), "%s", other ? other->not_after : "");
	if (standing.best) {
		kh_time_text(standing.window.opens, opens);
		kh_time_text(standing.window.closes, closes);
		opens[DATE - 1] = closes[DATE - 1] = '\0';
	}
	if (check->subject)
		kh_check_add_subject(check, find_certificate(check, &standing, other), values);
	else if (check->count > 0 && !check->environment->token)
		kh_check_add(check, standing.count > 0 ? KH_FINDING_CERTIFICATE_THERE : KH_FINDING_CERTIFICATE_UNKNOWN,
			     NULL);
}

/* On the key that the check is about, or remembered of it; where there is none, of any. */
static bool is_about(const struct kh_check *check, const struct kh_renewal_info *renewal)
{
	const struct kh_token_info *subject = check->subject;

	if (!subject || (!renewal->token && !renewal->serial))
		return !check->environment->token;
	return renewal->token ? strcmp(renewal->token, subject->token) == 0
			      : strcmp(renewal->serial, subject->serial) == 0;
}

void kh_check_pending(struct kh_check *check)
{
	const struct kh_renewal_list_result *renewals = check->environment->renewals;
	const struct kh_renewal_info *waits = NULL;
	const char *values[] = {"order", NULL, NULL};

	for (size_t i = 0; !waits && i < renewals->renewals_count; i++) {
		if (renewals->renewals[i].next != KH_NEXT_NONE && is_about(check, &renewals->renewals[i]))
			waits = &renewals->renewals[i];
	}
	values[1] = waits ? waits->order : NULL;
	kh_check_add(check, waits ? KH_FINDING_PENDING_WAITS : KH_FINDING_PENDING_NONE, values);
}
