/* keyhall-token: one PKCS#11 module behind JSON-RPC lines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "host.h"
#include "host_process.h"
#include "jail.h"
#include "life.h"
#include "log.h"

static const char help[] =
	"Usage: keyhall-token --module PATH [--lock FILE] [--jail FOLDER]\n"
	"                     [--log-level error|warning|info|debug]\n"
	"\n"
	"Loads one PKCS#11 module and answers JSON-RPC 2.0 requests: one object a line\n"
	"on stdin and stdout; log on stderr. It ends with stdin. keyhalld starts one for\n"
	"each module; by hand, type lines such as\n"
	"\n"
	"  {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"token.list\",\"params\":{}}\n"
	"  {\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"certificate.list\",\"params\":{}}\n"
	"  {\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"token.login\",\"params\":{\"token\":\"pkcs11:serial=...\",\n"
	"   \"prompt\":{\"session\":1,\"origin\":\"by hand\",\"locale\":\"en\",\"purpose\":\"verify\"}}}\n"
	"\n"
	"(each on one line). The methods are described in protocol/token.openrpc.json.\n"
	"A PIN is never read from stdin: a pinentry program asks for it; host.configure\n"
	"{\"pinentry\":PROGRAM} chooses which.\n"
	"\n"
	"  --module PATH      the PKCS#11 module\n"
	"  --lock FILE        waits a while until no other token host holds this file, then\n"
	"                     holds it to its end; goes on without where it cannot be had\n"
	"  --jail FOLDER      for a module that is only tried: with limits, without a network\n"
	"                     where the system allows it, the empty FOLDER as home folder\n"
	"  --log-level LEVEL  warning unless given; debug logs every PKCS#11 call with its\n"
	"                     result and time, never its arguments\n"
	"  --version          prints the version\n"
	"  --help             prints this\n";

static int usage(const char *problem, const char *argument)
{
	fprintf(stderr, "keyhall-token: %s %s\nkeyhall-token --help tells more.\n", problem, argument);
	return 2;
}

struct options {
	const char *module;
	const char *lock;
	const char *jail;
};

/* -1: go on; else the exit status. */
static int read_arguments(int count, char **arguments, struct options *options)
{
	enum kh_log_level level;

	for (int i = 1; i < count; i++) {
		const char *argument = arguments[i];
		bool last = i + 1 == count;

		if (strcmp(argument, "--help") == 0)
			return fputs(help, stdout) < 0;
		if (strcmp(argument, "--version") == 0)
			return printf("keyhall-token %s\n", KH_VERSION) < 0;
		if (strcmp(argument, "--module") == 0 && !last) {
			options->module = arguments[++i];
		} else if (strcmp(argument, "--lock") == 0 && !last) {
			options->lock = arguments[++i];
		} else if (strcmp(argument, "--jail") == 0 && !last) {
			options->jail = arguments[++i];
		} else if (strcmp(argument, "--log-level") == 0 && !last) {
			if (!kh_log_level_parse(arguments[++i], &level))
				return usage("unknown log level", arguments[i]);
			kh_log_set_level(level);
		} else {
			return usage(last && argument[0] == '-' ? "unknown or incomplete option" : "unknown argument",
				     argument);
		}
	}
	if (!options->module)
		return usage("missing option", "--module");
	return strlen(options->module) < KH_MODULE_PATH_MAX ? -1 : usage("too long:", "--module");
}

/* The daemon's lines and those of its token hosts go to the same place. */
static void write_line(enum kh_log_level level, const char *line)
{
	fprintf(stderr, "keyhall-token %s: %s\n", kh_log_level_name(level), line);
}

static int fail(const struct kh_error *error)
{
	kh_log(KH_LOG_ERROR, "%s %s %s", kh_code_name(error->code), error->call, error->value);
	return 1;
}

/* The token host of an agent that was killed may still be in a call, but not for
 * ever: whoever holds the file later than that is no reason to do nothing. */
static void wait_for_others(struct kh_host *host, const char *lock)
{
	kh_mark_set(&host->module.mark, "kh_process_hold");
	if (!kh_process_hold(lock, kh_life_grace() / 2 * 3))
		kh_log(KH_LOG_INFO, "%s cannot be held", lock);
	kh_mark_set(&host->module.mark, "");
}

int main(int count, char **arguments)
{
	static struct kh_host host;
	struct options options = {0};
	struct kh_error error;
	bool isolated = false;
	int in_fd;
	int out_fd;
	int status;

	kh_file_arguments(&count, &arguments);
	kh_log_set_writer(write_line);
	status = read_arguments(count, arguments, &options);
	if (status >= 0)
		return status;
	if ((options.jail && kh_jail_enter(options.jail, &isolated, &error) != KH_OK) ||
	    kh_process_protect(&error) != KH_OK || kh_process_take_pipes(&in_fd, &out_fd, &error) != KH_OK ||
	    kh_life_start(&error) != KH_OK || kh_host_init(&host, options.module, in_fd, out_fd, &error) != KH_OK)
		return fail(&error);
	host.isolated = isolated;
	host.module.timing = options.jail ? &host.timing : NULL;
	if (options.lock)
		wait_for_others(&host, options.lock);
	kh_host_run(&host);
	kh_host_finish(&host);
	return 0;
}
