/*
 * The reminder.
 */
#include "reminder/reminder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "connection.h"
#include "log.h"
#include "reminder/due.h"
#include "reminder/notice.h"
#include "reminder/reminded.h"
#include "text.h"
#include "watch.h"

#define PAUSE 3000    /* ms, from a change: who plugs a key in for a page has it open by then */
#define NOTICES_MAX 4 /* at a time */

/* One that is to be seen, or about to be. */
struct reminding {
	struct kh_reminder *reminder; /* NULL: free */
	struct kh_notice *notice;
	char certificate[KH_SHA256_MAX + 1];
};

struct kh_reminder {
	struct kh_agent *agent;
	uv_timer_t timer;
	struct kh_reminded reminded;
	struct reminding notices[NOTICES_MAX];
	char locale[KH_LOCALE_MAX + 1];
	bool looking;
};

/* --- one certificate --- */

static void shown(void *context)
{
	struct reminding *one = context;

	kh_reminded_note(&one->reminder->reminded, one->certificate, kh_agent_now());
	kh_log(KH_LOG_INFO, "a reminder of a certificate is shown");
}

static void ended(void *context)
{
	*(struct reminding *)context = (struct reminding){.reminder = NULL};
}

static void remind(struct kh_reminder *reminder, struct reminding *one, const struct kh_key_certificate *certificate,
		   const struct kh_window *window)
{
	const struct kh_settings *settings = reminder->agent->settings;
	const struct kh_notice_ears ears = {shown, ended, one};
	bool over = window->days_left < 0;
	char address[KH_ORIGIN_MAX + 8];
	const char *locale = reminder->locale;
	KH_AUTO_FREE char *application = kh_text_new(locale, "pin.title", NULL);
	KH_AUTO_FREE char *title = kh_text_new(locale, over ? "reminder.title.over" : "reminder.title.soon", NULL);
	KH_AUTO_FREE char *sentence = kh_due_sentence(locale, certificate, window);
	KH_AUTO_FREE char *button = kh_text_new(locale, "reminder.button", NULL);

	if (!application || !title || !sentence || !button)
		return;
	snprintf(address, sizeof(address), "%s/renew", settings->config.origins[0]);
	*one = (struct reminding){.reminder = reminder};
	snprintf(one->certificate, sizeof(one->certificate), "%s", certificate->id);
	one->notice = kh_notice_new(reminder->agent->loop,
				    &(struct kh_notice_words){application, title, sentence, button, address}, &ears);
	if (!one->notice)
		ended(one);
}

/* --- which --- */

static bool is_renewed(const struct kh_host_certificate_found_params *list, const struct kh_key_certificate *old)
{
	for (size_t i = 0; i < list->certificates_count; i++) {
		if (kh_due_replaces(&list->certificates[i], old))
			return true;
	}
	return false;
}

static bool is_due(const struct kh_settings *settings, const struct kh_host_certificate_found_params *list,
		   const struct kh_key_certificate *certificate, struct kh_window *window)
{
	int64_t not_after;

	if (!kh_due_counts(certificate) || !kh_time_parse(certificate->not_after, &not_after))
		return false;
	kh_window_compute(not_after, kh_agent_now(), &settings->before, &settings->after, window);
	return window->state == KH_RENEWAL_WINDOW_STATE_OPEN && !is_renewed(list, certificate);
}

/* A free place, if there is one and this certificate is in none. */
static struct reminding *place_for(struct kh_reminder *reminder, const char *certificate)
{
	struct reminding *place = NULL;

	for (size_t i = 0; i < NOTICES_MAX; i++) {
		if (!reminder->notices[i].reminder)
			place = &reminder->notices[i];
		else if (strcmp(reminder->notices[i].certificate, certificate) == 0)
			return NULL;
	}
	return place;
}

static void consider(struct kh_reminder *reminder, const struct kh_host_certificate_found_params *list)
{
	for (size_t i = 0; i < list->certificates_count; i++) {
		const struct kh_key_certificate *certificate = &list->certificates[i];
		struct kh_window window;
		struct reminding *place;

		if (!is_due(reminder->agent->settings, list, certificate, &window) ||
		    kh_reminded_has(&reminder->reminded, certificate->id, kh_agent_now()))
			continue;
		place = place_for(reminder, certificate->id);
		if (place)
			remind(reminder, place, certificate, &window);
	}
}

/* --- when --- */

static bool is_unwanted(const struct kh_agent *agent)
{
	for (const struct kh_connection *one = agent->connections; one; one = one->next) {
		if (one->greeted && !kh_agent_is_own_page(agent, one->origin))
			return true;
	}
	return agent->holds;
}

static void listed(void *context, const struct kh_error *error)
{
	struct kh_agent *agent = context;

	if (!agent->reminder)
		return;
	agent->reminder->looking = false;
	if (error->code != KH_OK || is_unwanted(agent))
		return;
	for (size_t i = 0; i < agent->modules.count; i++)
		consider(agent->reminder, &agent->modules.items[i].certificates);
}

static void seen(void *context, const struct kh_error *error)
{
	struct kh_agent *agent = context;

	if (!agent->reminder)
		return;
	agent->reminder->looking = false;
	if (error->code != KH_OK || is_unwanted(agent) || kh_modules_count_tokens(&agent->modules) == 0)
		return;
	agent->reminder->looking = true;
	kh_modules_list_certificates(&agent->modules, true, listed, agent);
}

static void on_time(uv_timer_t *timer)
{
	struct kh_reminder *reminder = timer->data;
	struct kh_agent *agent = reminder->agent;

	(void)kh_watch_usb(agent);
	if (reminder->looking || is_unwanted(agent))
		return;
	reminder->looking = true;
	kh_modules_list_tokens(&agent->modules, false, seen, agent);
}

static void soon(struct kh_agent *agent)
{
	uv_timer_start(&agent->reminder->timer, on_time, PAUSE, 0);
}

void kh_reminder_start(struct kh_agent *agent)
{
	const struct kh_config *config = &agent->settings->config;
	struct kh_reminder *reminder;

	if (!config->notify || config->origins_count == 0)
		return;
	reminder = calloc(1, sizeof(*reminder));
	if (!reminder)
		return;
	reminder->agent = agent;
	kh_settings_locale(agent->settings, reminder->locale, sizeof(reminder->locale));
	kh_reminded_read(&reminder->reminded, agent->settings->state);
	uv_timer_init(agent->loop, &reminder->timer);
	reminder->timer.data = reminder;
	agent->reminder = reminder;
	agent->keys_changed = soon;
	soon(agent);
}

static void timer_closed(uv_handle_t *timer)
{
	free(timer->data);
}

void kh_reminder_finish(struct kh_agent *agent)
{
	struct kh_reminder *reminder = agent->reminder;

	if (!reminder)
		return;
	agent->reminder = NULL;
	agent->keys_changed = NULL;
	for (size_t i = 0; i < NOTICES_MAX; i++) {
		if (reminder->notices[i].reminder)
			kh_notice_end(reminder->notices[i].notice);
	}
	uv_close((uv_handle_t *)&reminder->timer, timer_closed);
}
