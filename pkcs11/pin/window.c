/* The PIN window. */
#include "pin/window.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "codec.h"
#include "log.h"
#include "text.h"

#define DEAF_MS 500
#define PATIENCE 10    /* s, until a program is ready to ask */
#define TRY_PATIENCE 3 /* the same where nobody wants to enter a PIN yet */

static enum kh_code command_text(struct kh_pin_window *window, const char *verb, const char *key,
				 struct kh_error *error)
{
	struct kh_buffer text = {0};
	enum kh_code code;

	kh_text(&text, window->locale, key, NULL);
	code = kh_pinentry_command(&window->pinentry, verb, text.data, error);
	kh_buffer_finish(&text);
	return code;
}

static enum kh_code option(struct kh_pin_window *window, const char *name, const char *value, struct kh_error *error)
{
	char text[512];

	if (!value || !*value)
		return KH_OK;
	snprintf(text, sizeof(text), "%s=%s", name, value);
	return kh_pinentry_command(&window->pinentry, "OPTION", text, error);
}

static const char *character_locale(void)
{
	static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (size_t i = 0; i < 3; i++) {
		const char *value = getenv(variables[i]);

		if (value && *value)
			return strstr(value, "UTF-8") || strstr(value, "utf8") ? value : "C.UTF-8";
	}
	return "C.UTF-8";
}

static enum kh_code introduce(struct kh_pin_window *window, struct kh_error *error)
{
	bool chinese = window->locale && strncmp(window->locale, "zh", 2) == 0;
	char terminal[256];
	enum kh_code code;

	code = kh_pinentry_wait(&window->pinentry, error);
	if (code == KH_OK)
		code = option(window, "ttyname", kh_pin_terminal(terminal, sizeof(terminal)), error);
	if (code == KH_OK)
		code = option(window, "ttytype", getenv("TERM"), error);
	if (code == KH_OK)
		code = option(window, "display", getenv("DISPLAY"), error);
	if (code == KH_OK)
		code = option(window, "lc-ctype", character_locale(), error);
	if (code == KH_OK)
		code = option(window, "lc-messages", chinese ? "zh_CN.UTF-8" : "C.UTF-8", error);
	if (code == KH_OK)
		code = kh_pinentry_command(&window->pinentry, "SETTIMEOUT", KH_PIN_TIMEOUT, error);
	if (code == KH_OK)
		code = command_text(window, "SETTITLE", "pin.title", error);
	if (code == KH_OK)
		code = command_text(window, "SETOK", "pin.ok", error);
	return code == KH_OK ? command_text(window, "SETCANCEL", "pin.cancel", error) : code;
}

/* Starts the configured program, or the next usual one that starts. */
static enum kh_code ensure(struct kh_pin_window *window, struct kh_error *error)
{
	bool configured = window->program && *window->program;
	enum kh_code code = KH_PIN_UNAVAILABLE;

	if (window->pinentry.running)
		return KH_OK;
	for (;;) {
		size_t turn = window->candidate++;
		const char *program = configured && turn == 0 ? window->program : NULL;
		int status;

		if (!configured)
			program = kh_pin_program(turn);
		if (!program)
			return code == KH_PIN_UNAVAILABLE ? kh_fail_call(error, code, "pinentry", "") : code;
		window->answered = false;
		status = kh_pinentry_start(&window->pinentry, program);
		if (status != 0) {
			kh_log(KH_LOG_INFO, "%s does not start: %s", program, uv_err_name(status));
			continue;
		}
		window->tried = program;
		code = introduce(window, error);
		if (code == KH_OK || code == KH_PIN_CANCELLED)
			return code;
		kh_log(KH_LOG_INFO, "%s does not answer", program);
		kh_pinentry_stop(&window->pinentry);
	}
}

static enum kh_code refusal(struct kh_pin_window *window, struct kh_error *error)
{
	unsigned long number = window->pinentry.number;
	char value[32];

	if (number == KH_ASSUAN_CANCELLED || number == KH_ASSUAN_NOT_CONFIRMED || number == KH_ASSUAN_TIMEOUT)
		return kh_fail(error, KH_PIN_CANCELLED);
	snprintf(value, sizeof(value), "%lu", number);
	return kh_fail_call(error, KH_PIN_UNAVAILABLE, "pinentry", value);
}

/* One question; description and warning have been chosen. */
static enum kh_code put_question(struct kh_pin_window *window, const char *verb, const char *description,
				 const char *warning, struct kh_error *error)
{
	enum kh_code code = ensure(window, error);

	if (code == KH_OK)
		code = kh_pinentry_command(&window->pinentry, "SETDESC", description, error);
	if (code == KH_OK)
		code = command_text(window, "SETPROMPT", window->prompt, error);
	if (code == KH_OK && warning)
		code = kh_pinentry_command(&window->pinentry, "SETERROR", warning, error);
	if (code == KH_OK)
		code = kh_pinentry_command(&window->pinentry, verb, NULL, error);
	if (code == KH_OK && window->pinentry.reply == KH_ASSUAN_ERROR)
		code = refusal(window, error);
	window->answered = window->answered || code == KH_OK || code == KH_PIN_CANCELLED;
	return code;
}

/* A program that cannot show its window gives way to the next usual one. */
static enum kh_code question(struct kh_pin_window *window, const char *verb, const char *description,
			     const char *warning, struct kh_error *error)
{
	enum kh_code code;

	for (;;) {
		code = put_question(window, verb, description, warning, error);
		if (code != KH_PIN_UNAVAILABLE || window->answered || !window->pinentry.running)
			return code;
		kh_pinentry_stop(&window->pinentry);
	}
}

void kh_pin_window_tell(const struct kh_pin_window *window, const char *locale, const char *key, struct kh_buffer *out)
{
	char min[24];
	char max[24];
	const char *values[] = {"min", min, "max", max, NULL};

	snprintf(min, sizeof(min), "%zu", window->min);
	snprintf(max, sizeof(max), "%zu", window->max);
	kh_text(out, locale, key, values);
}

static char *length_warning(const struct kh_pin_window *window)
{
	struct kh_buffer text = {0};

	kh_pin_window_tell(window, window->locale, "pin.warning.length", &text);
	return text.data;
}

static void prepare(struct kh_pin_window *window, struct kh_loop *loop, const char *program)
{
	memset(window, 0, sizeof(*window));
	window->pinentry.loop = loop;
	window->pinentry.patience = PATIENCE;
	window->program = program;
	window->prompt = "pin.prompt";
	window->min = 1;
	window->max = KH_SECRET_MAX;
	kh_secret_init(&window->refused);
}

void kh_pin_window_init(struct kh_pin_window *window, struct kh_loop *loop, const char *program, const char *locale,
			int64_t session)
{
	prepare(window, loop, program);
	window->locale = locale;
	window->pinentry.session = session;
	kh_loop_prompting(loop, true);
}

enum kh_code kh_pin_window_refuse(struct kh_pin_window *window, const struct kh_secret *pin, struct kh_error *error)
{
	if (!kh_secret_equal(&window->refused, pin))
		window->same = 0;
	window->same++;
	if (window->same >= KH_PIN_SAME_MAX)
		return kh_fail(error, KH_PIN_CANCELLED);
	return kh_secret_set(&window->refused, pin->bytes, pin->length) == KH_OK ? KH_OK
										 : kh_fail(error, KH_AGENT_FAILED);
}

void kh_pin_window_watch(struct kh_pin_window *window, bool (*gone)(void *context), void *context)
{
	window->pinentry.gone = gone;
	window->pinentry.gone_context = context;
}

static enum kh_code ask_once(struct kh_pin_window *window, const char *description, const char *warning,
			     struct kh_secret *pin, struct kh_error *error)
{
	enum kh_code code;

	if (window->asks++ >= KH_PIN_ASKS_MAX)
		return kh_fail(error, KH_PIN_CANCELLED);
	kh_secret_finish(pin);
	window->pinentry.answer = pin;
	code = question(window, "GETPIN", description, warning, error);
	window->pinentry.answer = NULL;
	return code;
}

enum kh_code kh_pin_window_ask(struct kh_pin_window *window, const char *description, const char *warning,
			       struct kh_secret *pin, struct kh_error *error)
{
	KH_AUTO_FREE char *length = NULL;
	enum kh_code code;

	for (;;) {
		uint64_t began = kh_loop_clock(window->pinentry.loop);

		code = ask_once(window, description, length ? length : warning, pin, error);
		if (code != KH_OK || (pin->length >= window->min && pin->length <= window->max))
			break;
		if (pin->length == 0 && kh_loop_clock(window->pinentry.loop) - began < DEAF_MS)
			continue;
		if (!length)
			length = length_warning(window);
		code = kh_pin_window_refuse(window, pin, error);
		if (code != KH_OK)
			break;
	}
	if (code != KH_OK)
		kh_secret_finish(pin);
	return code;
}

enum kh_code kh_pin_window_confirm(struct kh_pin_window *window, const char *text, struct kh_error *error)
{
	return question(window, "CONFIRM", text, NULL, error);
}

void kh_pin_window_finish(struct kh_pin_window *window)
{
	kh_pinentry_stop(&window->pinentry);
	kh_secret_finish(&window->refused);
	kh_loop_prompting(window->pinentry.loop, false);
}

/* A program that can only write on a terminal says so in its flavor, also one that has fallen back
 * to it ("gtk2:curses"). What knows no flavor may have a window. */
static bool wants_terminal(struct kh_pin_window *window)
{
	KH_SECRET flavor; /* the only place where answers go */
	struct kh_error error = {0};
	enum kh_code code;

	kh_secret_init(&flavor);
	window->pinentry.answer = &flavor;
	code = kh_pinentry_command(&window->pinentry, "GETINFO", "flavor", &error);
	window->pinentry.answer = NULL;
	return code == KH_OK &&
	       (strstr((const char *)flavor.bytes, "curses") || strstr((const char *)flavor.bytes, "tty"));
}

enum kh_host_window_try_result_state kh_pin_window_try(struct kh_loop *loop, const char *configured,
						       const char **program)
{
	enum kh_host_window_try_result_state state = KH_HOST_WINDOW_TRY_RESULT_STATE_ABSENT;
	struct kh_error error = {0};
	struct kh_pin_window window;
	char terminal[256];

	prepare(&window, loop, configured);
	window.pinentry.patience = TRY_PATIENCE;
	while (state != KH_HOST_WINDOW_TRY_RESULT_STATE_USABLE && ensure(&window, &error) == KH_OK) {
		state = wants_terminal(&window) && !kh_pin_terminal(terminal, sizeof(terminal))
				? KH_HOST_WINDOW_TRY_RESULT_STATE_DISPLAY
				: KH_HOST_WINDOW_TRY_RESULT_STATE_USABLE;
		kh_pinentry_stop(&window.pinentry);
	}
	kh_pinentry_stop(&window.pinentry); /* it still runs where the agent went meanwhile */
	*program = window.tried;
	kh_secret_finish(&window.refused);
	return state;
}
