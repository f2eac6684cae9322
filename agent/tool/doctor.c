/*
 * keyhall doctor: the environment check's rows, then what a row has no room for.
 */
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "tool/say.h"

static void print_second_readers(const struct kh_tool *tool, const struct kh_report *report)
{
	for (size_t i = 0; i < report->modules_count; i++) {
		const struct kh_module_report *module = &report->modules[i];
		KH_AUTO_FREE char *answer = NULL;
		const char *values[] = {"module", module->module, "answer", NULL, NULL};

		if (!module->second_reader)
			continue;
		answer = kh_say_word(tool, "reader", kh_enum_text(&kh_second_reader_names, (int)module->second_reader));
		values[3] = answer;
		kh_tool_print(stdout, tool->locale, "tool.reader", values, "\n");
	}
}

static void print_report(const struct kh_tool *tool, const struct kh_report *report)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer text = {0};

	for (size_t i = 0; i < report->items_count; i++)
		kh_say_item(tool, &report->items[i]);
	kh_say_failures(&text, tool->locale, report);
	kh_say_orders(&text, tool->locale, report);
	kh_say_out(&text);
	print_second_readers(tool, report);
}

static enum kh_code print_machine(const struct kh_tool *tool, const struct kh_report *report, struct kh_error *error)
{
	const struct kh_environment_check_result check = {.items = report->items, .items_count = report->items_count};
	KH_AUTO(kh_buffer_finish) struct kh_buffer text = {0};
	enum kh_code code = kh_say_json(&text, &kh_environment_check_result_type, &check,
					!tool->given[KH_TOOL_OPTION_WATCH], error);

	kh_say_out(&text);
	return code;
}

static int look(const struct kh_tool *tool)
{
	struct kh_report report = {0};
	struct kh_error error = {0};
	int status = EXIT_SUCCESS;
	enum kh_code code = kh_client_call(tool->client, KH_METHOD_DIAGNOSTICS_REPORT, NULL, &report, &error);

	if (code == KH_OK && tool->given[KH_TOOL_OPTION_JSON])
		code = print_machine(tool, &report, &error);
	else if (code == KH_OK)
		print_report(tool, &report);
	fflush(stdout);
	for (size_t i = 0; i < report.items_count; i++) {
		if (report.items[i].state == KH_ENVIRONMENT_ITEM_STATE_FAIL)
			status = EXIT_FAILURE;
	}
	kh_clear(&kh_report_type, &report);
	return code == KH_OK ? status : kh_tool_complain(tool, &error);
}

/* Until it is ended, or the daemon has. */
static int watch(const struct kh_tool *tool)
{
	for (;;) {
		int status = look(tool);

		if (!kh_client_wait(tool->client, 0)) {
			kh_tool_print(stderr, tool->locale, "tool.doctor.gone", NULL, "\n");
			return status == EXIT_SUCCESS ? KH_TOOL_ABSENT : status;
		}
		if (!tool->given[KH_TOOL_OPTION_JSON])
			putchar('\n');
	}
}

int kh_tool_doctor(struct kh_tool *tool)
{
	return tool->given[KH_TOOL_OPTION_WATCH] ? watch(tool) : look(tool);
}
