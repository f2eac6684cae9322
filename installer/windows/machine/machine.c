/*
 * keyhall-machine: what both installers do as an administrator beside copying files, so that it stands once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include <shellapi.h>

#include "browsers.h"
#include "folders.h"
#include "sessions.h"
#include "settle.h"

#define EXIT_USAGE 2
#define EXIT_REFUSED 3

static const char help[] =
	"keyhall-machine: for the installers of the key agent, as an administrator\n"
	"\n"
	"  stop [FOLDER]         ends the programs of that folder, or of this program's, in every session\n"
	"  settle [OPTIONS]      ProgramData\\Keyhall, the configuration, the browsers' policies; starts the agent\n"
	"    --config FILE         a hall's hall.json\n"
	"    --key FILE            the key that must have signed it\n"
	"    --origins LIST        pages that may speak with the agent, separated by commas\n"
	"    --anchors LIST        certificates of CAs: files, separated by semicolons\n"
	"    --modules FOLDER      driver profiles of your own\n"
	"  policies              the browsers' policies anew, after the configuration was changed by hand\n"
	"  remove [--journal]    takes all of this away; --journal: what agents keep of orders, too, of every user\n"
	"\n"
	"Ends with 0, 1 on a failure, 2 for wrong usage, 3 when a configuration was refused: the one before stays.\n";

struct call {
	wchar_t folder[KH_WIDE_MAX]; /* of this program */
	const wchar_t *argument;
	bool journal;
	struct kh_given given;
};

static bool apply_policies(void)
{
	json_t *configuration = kh_settle_read();
	bool applied = kh_browsers_install(configuration);

	json_decref(configuration);
	return applied;
}

/* What is said goes into the folder, too: nobody sees the output of a silent installation. */
static void keep_log(void)
{
	wchar_t data[KH_WIDE_MAX], path[KH_WIDE_MAX];

	if (kh_folders_data(data) && kh_folders_join(path, data, KH_SETTLE_LOG))
		(void)!_wfreopen(path, L"wb", stderr);
}

static int stop(struct call *call)
{
	wchar_t folder[KH_WIDE_MAX];
	size_t length;

	if (!call->argument)
		return kh_sessions_stop(call->folder) ? EXIT_SUCCESS : EXIT_FAILURE;
	if (GetFullPathNameW(call->argument, KH_WIDE_MAX, folder, NULL) >= KH_WIDE_MAX)
		return EXIT_USAGE;
	length = wcslen(folder);
	if (length > 0 && folder[length - 1] == L'\\')
		folder[length - 1] = L'\0';
	return kh_sessions_stop(folder) ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int settle(struct call *call)
{
	bool settled, applied;

	if (!kh_folders_secure())
		return EXIT_FAILURE;
	keep_log();
	settled = kh_settle(call->folder, &call->given);
	applied = apply_policies();
	kh_sessions_start(call->folder);
	if (!settled)
		return EXIT_REFUSED;
	return applied ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int policies(struct call *call)
{
	(void)call;
	return apply_policies() ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int take_away(struct call *call)
{
	bool stopped = kh_sessions_stop(call->folder);

	kh_browsers_remove();
	kh_settle_remove();
	if (call->journal)
		kh_folders_remove_journals();
	return stopped ? EXIT_SUCCESS : EXIT_FAILURE;
}

static const struct {
	const wchar_t *name;
	int (*run)(struct call *call);
	bool argument, settings, journal;
} rows[] = {
	{L"stop", stop, true, false, false},
	{L"settle", settle, false, true, false},
	{L"policies", policies, false, false, false},
	{L"remove", take_away, false, false, true},
};

static const wchar_t **setting(struct kh_given *given, const wchar_t *option)
{
	const struct {
		const wchar_t *option;
		const wchar_t **value;
	} settings[] = {
		{L"--config", &given->config},	 {L"--key", &given->key},	  {L"--origins", &given->origins},
		{L"--anchors", &given->anchors}, {L"--modules", &given->modules},
	};

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		if (wcscmp(option, settings[i].option) == 0)
			return settings[i].value;
	}
	return NULL;
}

/* An installer that puts a folder of its user between quotes puts a space behind it: \" would be no end. */
static void trim(wchar_t *value)
{
	size_t length = wcslen(value);

	while (length > 0 && value[length - 1] == L' ')
		value[--length] = L'\0';
}

static bool read_options(size_t row, int count, wchar_t **values, struct call *call)
{
	for (int i = 0; i < count; i++) {
		const wchar_t **value = rows[row].settings ? setting(&call->given, values[i]) : NULL;

		if (value && i + 1 < count) {
			trim(values[++i]);
			*value = values[i];
		} else if (rows[row].journal && wcscmp(values[i], L"--journal") == 0) {
			call->journal = true;
		} else if (rows[row].argument && !call->argument) {
			trim(values[i]);
			call->argument = values[i];
		} else {
			return false;
		}
	}
	return true;
}

int main(void)
{
	static struct call call;
	int count = 0;
	wchar_t **values = CommandLineToArgvW(GetCommandLineW(), &count);

	SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
	SetDllDirectoryW(L"");
	if (!values || !kh_folders_own(call.folder))
		return EXIT_FAILURE;
	for (size_t i = 0; count > 1 && i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (wcscmp(values[1], rows[i].name) != 0)
			continue;
		if (!read_options(i, count - 2, values + 2, &call))
			break;
		return rows[i].run(&call);
	}
	fputs(help, stderr);
	return EXIT_USAGE;
}
