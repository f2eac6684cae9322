/*
 * keyhall report: one .zip for support, or the report as JSON.
 */
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "report.h"
#include "text.h"
#include "tool/archive.h"
#include "tool/facts.h"
#include "tool/say.h"
#include "tool/summary.h"
#include "tool/terminal.h"

enum { SUMMARY, REPORT, JOURNAL, SYSTEM, LOG, ENTRIES };

/* The report in both languages, and the archive's entries. */
struct bundle {
	struct kh_report en, zh;
	struct kh_archive_entry entries[ENTRIES];
};

static void bundle_finish(struct bundle *bundle)
{
	kh_clear(&kh_report_type, &bundle->en);
	kh_clear(&kh_report_type, &bundle->zh);
	for (size_t i = 0; i < ENTRIES; i++)
		kh_buffer_finish(&bundle->entries[i].text);
}

static enum kh_code fetch(struct kh_tool *tool, const char *locale, struct kh_report *report, struct kh_error *error)
{
	kh_client_free(kh_steal(&tool->client));
	if (kh_tool_open(tool, locale) != KH_CLIENT_OK)
		return kh_fail(error, KH_AGENT_FAILED);
	return kh_client_call(tool->client, KH_METHOD_DIAGNOSTICS_REPORT, NULL, report, error);
}

static void tell_journal(struct kh_buffer *out, const struct kh_report *report)
{
	for (size_t i = 0; i < report->steps_count; i++) {
		const struct kh_report_step *step = &report->steps[i];

		kh_buffer_printf(out, "%s  %s  %s  %s  %s\n", step->time, step->order, step->act, step->step,
				 step->moment);
	}
}

static enum kh_code fill(struct bundle *bundle, struct kh_error *error)
{
	static const char *const names[] = {"summary.txt", "report.json", "journal.txt", "system.txt", "log.txt"};
	struct kh_archive_entry *entries = bundle->entries;

	for (size_t i = 0; i < ENTRIES; i++)
		entries[i].name = names[i];
	kh_summary_tell(&entries[SUMMARY].text, &bundle->en, &bundle->zh);
	tell_journal(&entries[JOURNAL].text, &bundle->en);
	kh_facts_tell(&entries[SYSTEM].text);
	for (size_t i = 0; i < bundle->en.log_count; i++)
		kh_buffer_printf(&entries[LOG].text, "%s\n", bundle->en.log[i]);
	return kh_say_json(&entries[REPORT].text, &kh_report_type, &bundle->en, true, error);
}

static void list_entries(const struct kh_tool *tool, const struct bundle *bundle, const char *file)
{
	const char *values[] = {"file", file, NULL};

	kh_tool_print(stderr, tool->locale, "tool.report.contents", values, "\n");
	for (size_t i = 0; i < ENTRIES; i++) {
		KH_AUTO_FREE char *what = kh_say_word(tool, "report", bundle->entries[i].name);

		fprintf(stderr, "  %-12s %7zu  %s\n", bundle->entries[i].name, bundle->entries[i].text.length, what);
	}
	kh_tool_print(stderr, tool->locale, "tool.report.without", NULL, "\n");
}

static int write_bundle(const struct kh_tool *tool, const struct bundle *bundle, const char *file)
{
	struct kh_error error = {0};
	char text[KH_ERROR_DATA_CALL_MAX + KH_ERROR_DATA_VALUE_MAX + 2];
	const char *values[] = {"file", file, "reason", text, NULL};

	if (kh_archive_write(file, bundle->entries, ENTRIES, &error) == KH_OK) {
		kh_tool_print(stderr, tool->locale, "tool.report.written", values, "\n");
		return EXIT_SUCCESS;
	}
	snprintf(text, sizeof(text), "%s %s", error.call, error.value);
	kh_tool_print(stderr, tool->locale, "tool.report.unwritten", values, "\n");
	return EXIT_FAILURE;
}

static int archive(struct kh_tool *tool)
{
	KH_AUTO(bundle_finish) struct bundle bundle = {.entries = {{0}}};
	const char *file = tool->given[KH_TOOL_OPTION_OUT];
	struct kh_error error = {0};
	char own[KH_REPORT_NAME];

	if (fetch(tool, "zh-CN", &bundle.zh, &error) != KH_OK || fetch(tool, "en", &bundle.en, &error) != KH_OK ||
	    fill(&bundle, &error) != KH_OK)
		return kh_tool_complain(tool, &error);
	kh_report_name(bundle.en.time, own);
	if (!file)
		file = own;
	list_entries(tool, &bundle, file);
	if (!tool->given[KH_TOOL_OPTION_YES] && !kh_terminal_ask(tool, "tool.report.ask", NULL)) {
		kh_tool_print(stderr, tool->locale, "tool.report.left", NULL, "\n");
		return EXIT_FAILURE;
	}
	return write_bundle(tool, &bundle, file);
}

static int print_json(struct kh_tool *tool)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer text = {0};
	struct kh_report result = {0};
	struct kh_error error = {0};
	enum kh_code code = kh_client_call(tool->client, KH_METHOD_DIAGNOSTICS_REPORT, NULL, &result, &error);

	if (code == KH_OK)
		code = kh_say_json(&text, &kh_report_type, &result, true, &error);
	kh_say_out(&text);
	kh_clear(&kh_report_type, &result);
	return code == KH_OK ? EXIT_SUCCESS : kh_tool_complain(tool, &error);
}

int kh_tool_report(struct kh_tool *tool)
{
	bool wanted = tool->given[KH_TOOL_OPTION_OUT] || tool->given[KH_TOOL_OPTION_YES];

	if (tool->given[KH_TOOL_OPTION_JSON] || (!wanted && !kh_terminal_is(stdout)))
		return print_json(tool);
	if (!tool->given[KH_TOOL_OPTION_YES] && !kh_terminal_is(stdin)) {
		kh_tool_print(stderr, tool->locale, "tool.report.nobody", NULL, "\n");
		return KH_TOOL_USAGE;
	}
	return archive(tool);
}
