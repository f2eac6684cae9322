/*
 * keyhall-notify: one notification of the desktop (org.freedesktop.Notifications, 1.2),
 * and its click. On standard input come five lines: the program's name, a title,
 * a sentence, the words of the button, an address (the last two may be empty). When the notification is
 * shown "shown" goes to standard output, else why it is not. A click opens the address
 * in the browser. It ends with the notification, or takes it away when standard input ends.
 *
 * A program of its own: no library of the bus is in the process that web pages speak with, and
 * here everything may wait.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define SERVICE "org.freedesktop.Notifications"
#define PLACE "/org/freedesktop/Notifications"
#define PORTAL "org.freedesktop.portal.Desktop"
#define LINE_MAX_BYTES 2048
#define ASK_MICROSECONDS 2000000  /* of a screen saver: mostly there is none */
#define PORTAL_MILLISECONDS 10000 /* until the browser is on its way */

enum { APPLICATION, TITLE, SENTENCE, BUTTON, ADDRESS, LINES };

struct notice {
	char lines[LINES][LINE_MAX_BYTES];
	sd_bus *bus;
	uint32_t id;
	char activation[256]; /* lets the browser come to the front; "": the server gives none */
	bool clicked, closed;
	bool answered; /* by the portal */
	uint32_t answer;
};

static void say(const char *what)
{
	puts(what);
	fflush(stdout);
}

static bool read_lines(struct notice *notice)
{
	for (int i = 0; i < LINES; i++) {
		char *line = notice->lines[i];

		if (!fgets(line, LINE_MAX_BYTES, stdin) || !strchr(line, '\n'))
			return false;
		*strchr(line, '\n') = '\0';
	}
	return true;
}

/* --- what the server says of it --- */

static bool is_ours(const struct notice *notice, sd_bus_message *message, const char *types, void *value)
{
	uint32_t id = 0;

	return sd_bus_message_read(message, types, &id, value) >= 0 && id == notice->id && id != 0;
}

static int on_activation(sd_bus_message *message, void *context, sd_bus_error *error)
{
	struct notice *notice = context;
	const char *token = "";

	(void)error;
	if (is_ours(notice, message, "us", &token))
		snprintf(notice->activation, sizeof(notice->activation), "%s", token);
	return 0;
}

static int on_action(sd_bus_message *message, void *context, sd_bus_error *error)
{
	struct notice *notice = context;
	const char *action = "";

	(void)error;
	if (is_ours(notice, message, "us", &action))
		notice->clicked = true;
	return 0;
}

static int on_closed(sd_bus_message *message, void *context, sd_bus_error *error)
{
	struct notice *notice = context;
	uint32_t reason = 0;

	(void)error;
	if (is_ours(notice, message, "uu", &reason))
		notice->closed = true;
	return 0;
}

static bool listen_to_server(struct notice *notice)
{
	static const struct {
		const char *signal;
		sd_bus_message_handler_t handler;
	} signals[] = {
		{"ActivationToken", on_activation}, {"ActionInvoked", on_action}, {"NotificationClosed", on_closed}};

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		if (sd_bus_match_signal(notice->bus, NULL, SERVICE, PLACE, SERVICE, signals[i].signal,
					signals[i].handler, notice) < 0)
			return false;
	}
	return true;
}

/* --- showing it --- */

/* Nobody sees it behind a locked screen. Only savers that run are asked. */
static bool is_locked(sd_bus *bus)
{
	static const struct {
		const char *name, *place;
	} savers[] = {{"org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver"},
		      {"org.gnome.ScreenSaver", "/org/gnome/ScreenSaver"}};
	int locked = 0;

	for (size_t i = 0; !locked && i < sizeof(savers) / sizeof(savers[0]); i++) {
		sd_bus_message *question = NULL, *reply = NULL;

		if (sd_bus_message_new_method_call(bus, &question, savers[i].name, savers[i].place, savers[i].name,
						   "GetActive") >= 0 &&
		    sd_bus_message_set_auto_start(question, 0) >= 0 &&
		    sd_bus_call(bus, question, ASK_MICROSECONDS, NULL, &reply) >= 0)
			(void)sd_bus_message_read(reply, "b", &locked);
		sd_bus_message_unref(question);
		sd_bus_message_unref(reply);
	}
	return locked != 0;
}

struct abilities {
	bool actions, markup;
};

static bool ask_abilities(sd_bus *bus, struct abilities *able)
{
	sd_bus_message *reply = NULL;
	const char *word;
	bool fine = sd_bus_call_method(bus, SERVICE, PLACE, SERVICE, "GetCapabilities", NULL, &reply, "") >= 0 &&
		    sd_bus_message_enter_container(reply, 'a', "s") >= 0;

	while (fine && sd_bus_message_read(reply, "s", &word) > 0) {
		able->actions = able->actions || strcmp(word, "actions") == 0;
		able->markup = able->markup || strcmp(word, "body-markup") == 0;
	}
	sd_bus_message_unref(reply);
	return fine;
}

/* Where the server reads markup, what looks like it is text. */
static void write_sentence(const char *text, bool markup, char *out, size_t size)
{
	size_t length = 0;

	for (; *text && length + 8 < size; text++) {
		const char *escaped = !markup	     ? NULL
				      : *text == '&' ? "&amp;"
				      : *text == '<' ? "&lt;"
				      : *text == '>' ? "&gt;"
						     : NULL;

		length += (size_t)snprintf(out + length, size - length, "%.*s", escaped ? 8 : 1,
					   escaped ? escaped : text);
	}
	out[length] = '\0';
}

/* A server without actions shows the address itself. */
static bool show(struct notice *notice)
{
	struct abilities able = {0};
	char sentence[2 * LINE_MAX_BYTES + 8], shown[6 * LINE_MAX_BYTES];
	const char *button = notice->lines[BUTTON], *address = notice->lines[ADDRESS];
	sd_bus_message *call = NULL, *reply = NULL;
	bool fine = ask_abilities(notice->bus, &able), button_shown = able.actions && button[0] != '\0';
	bool address_shown = !able.actions && address[0] != '\0';

	snprintf(sentence, sizeof(sentence), "%s%s%s", notice->lines[SENTENCE], address_shown ? " " : "",
		 address_shown ? address : "");
	write_sentence(sentence, able.markup, shown, sizeof(shown));
	fine = fine && sd_bus_message_new_method_call(notice->bus, &call, SERVICE, PLACE, SERVICE, "Notify") >= 0 &&
	       sd_bus_message_append(call, "susss", notice->lines[APPLICATION], 0u, "dialog-password",
				     notice->lines[TITLE], shown) >= 0 &&
	       sd_bus_message_append(call, "as", button_shown ? 4 : 0, "default", button, "open", button) >= 0 &&
	       sd_bus_message_append(call, "a{sv}i", 1, "urgency", "y", 1, -1) >= 0 &&
	       sd_bus_call(notice->bus, call, 0, NULL, &reply) >= 0 &&
	       sd_bus_message_read(reply, "u", &notice->id) >= 0;
	sd_bus_message_unref(call);
	sd_bus_message_unref(reply);
	return fine;
}

/* --- waiting --- */

/* Until something has come, the milliseconds (-1: any) are over, or whoever started us ends; false: one of the latter,
 * or the bus is gone. */
static bool turn(const struct notice *notice, int milliseconds)
{
	struct pollfd files[] = {{sd_bus_get_fd(notice->bus), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
	int count, done = sd_bus_process(notice->bus, NULL);

	if (done != 0)
		return done > 0;
	files[0].events = (short)sd_bus_get_events(notice->bus);
	do
		count = poll(files, 2, milliseconds);
	while (count < 0 && errno == EINTR);
	return count > 0 && files[1].revents == 0;
}

static void take_away(struct notice *notice)
{
	(void)sd_bus_call_method(notice->bus, SERVICE, PLACE, SERVICE, "CloseNotification", NULL, NULL, "u",
				 notice->id);
}

/* --- the browser --- */

static int on_answer(sd_bus_message *message, void *context, sd_bus_error *error)
{
	struct notice *notice = context;

	(void)error;
	notice->answered = sd_bus_message_read(message, "u", &notice->answer) >= 0;
	return 0;
}

/* The desktop opens it: what we start has no new privileges, and some browsers' sandboxes need them. */
static bool open_by_portal(struct notice *notice)
{
	bool with = notice->activation[0] != '\0';

	if (sd_bus_match_signal(notice->bus, NULL, PORTAL, NULL, "org.freedesktop.portal.Request", "Response",
				on_answer, notice) < 0 ||
	    sd_bus_call_method(notice->bus, PORTAL, "/org/freedesktop/portal/desktop", "org.freedesktop.portal.OpenURI",
			       "OpenURI", NULL, NULL, "ssa{sv}", "", notice->lines[ADDRESS], with ? 1 : 0,
			       "activation_token", "s", notice->activation) < 0)
		return false;
	while (!notice->answered && turn(notice, PORTAL_MILLISECONDS))
		;
	return !notice->answered || notice->answer < 2;
}

/* In a session of its own: it outlives this process and the daemon. */
static void open_by_child(const struct notice *notice)
{
	if (fork() != 0)
		return;
	setsid();
	if (notice->activation[0] != '\0')
		setenv("XDG_ACTIVATION_TOKEN", notice->activation, 1);
	if (freopen("/dev/null", "r", stdin) && freopen("/dev/null", "w", stdout) && freopen("/dev/null", "w", stderr))
		execlp("xdg-open", "xdg-open", notice->lines[ADDRESS], (char *)NULL);
	_exit(EXIT_FAILURE);
}

/* Why it is not shown; NULL: it is. */
static const char *begin(struct notice *notice)
{
	if (!read_lines(notice))
		return "five lines are expected";
	if (sd_bus_open_user(&notice->bus) < 0 || !listen_to_server(notice))
		return "no session bus";
	if (is_locked(notice->bus))
		return "the screen is locked";
	return show(notice) ? NULL : "no notification server";
}

int main(void)
{
	static struct notice notice;
	const char *why = begin(&notice);
	bool goes_on;

	say(why ? why : "shown");
	if (why)
		return EXIT_FAILURE;
	do
		goes_on = turn(&notice, -1);
	while (goes_on && !notice.clicked && !notice.closed);
	if (!goes_on)
		take_away(&notice);
	else if (notice.clicked && !open_by_portal(&notice))
		open_by_child(&notice);
	sd_bus_flush_close_unref(notice.bus);
	return EXIT_SUCCESS;
}
