/*
 * keyhall trace: what the daemon hears and says, redacted by it, into a file.
 */
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "entry.h"
#include "tool/options.h"
#include "tool/tool.h"

#define MODE 0600
#define NUMBER_SIZE 24
#define LAST_SECONDS 5

struct output {
	uv_file file;
	int64_t entries, lost;
	int failure; /* of libuv; 0: none */
};

static int write_text(struct output *output, const char *text, size_t length)
{
	while (length > 0) {
		uv_buf_t buffer = uv_buf_init((char *)(uintptr_t)text, (unsigned)length);
		uv_fs_t call;
		int count = (int)uv_fs_write(NULL, &call, output->file, &buffer, 1, -1, NULL);

		uv_fs_req_cleanup(&call);
		if (count < 0)
			return count;
		text += count;
		length -= (size_t)count;
	}
	return 0;
}

static bool take(void *context, const struct kh_message *message)
{
	const struct kh_diagnostics_entry_params *params = message->params;
	struct output *output = context;
	int64_t lost;

	if (message->method->id != KH_METHOD_DIAGNOSTICS_ENTRY)
		return true;
	lost = kh_entry_lost(params->entry);
	output->lost += lost;
	output->entries += lost == 0;
	output->failure = write_text(output, params->entry, strlen(params->entry));
	if (output->failure == 0)
		output->failure = write_text(output, "\n", 1);
	return output->failure == 0;
}

static int complain(const struct kh_tool *tool, int failure)
{
	const char *values[] = {"file", tool->argument, "reason", uv_err_name(failure), NULL};

	kh_tool_print(stderr, tool->locale, "tool.trace.unwritten", values, "\n");
	return EXIT_FAILURE;
}

static void tell_end(const struct kh_tool *tool, const struct output *output)
{
	char entries[NUMBER_SIZE], lost[NUMBER_SIZE];
	const char *values[] = {"file", tool->argument, "entries", entries, "lost", lost, NULL};

	snprintf(entries, sizeof(entries), "%lld", (long long)output->entries);
	snprintf(lost, sizeof(lost), "%lld", (long long)output->lost);
	kh_tool_print(stderr, tool->locale, "tool.trace.written", values, "\n");
	if (output->lost > 0)
		kh_tool_print(stderr, tool->locale, "tool.trace.lost", values, "\n");
}

/* What is on its way comes before the answer to another call. */
static void catch_up(struct kh_tool *tool)
{
	struct kh_diagnostics_trace_result result;

	kh_client_patience(tool->client, LAST_SECONDS);
	(void)!kh_client_call(tool->client, KH_METHOD_DIAGNOSTICS_TRACE, NULL, &result, NULL);
}

static int follow(struct kh_tool *tool, struct output *output)
{
	const char *values[] = {"file", tool->argument, NULL};
	bool there;

	kh_tool_print(stderr, tool->locale, "tool.trace.begun", values, "\n");
	there = kh_client_listen(tool->client, kh_tool_seconds(tool));
	if (there && output->failure == 0)
		catch_up(tool);
	if (output->failure != 0)
		return complain(tool, output->failure);
	if (!there)
		kh_tool_print(stderr, tool->locale, "tool.doctor.gone", NULL, "\n");
	tell_end(tool, output);
	return there ? EXIT_SUCCESS : KH_TOOL_ABSENT;
}

/* Nothing was traced: no file is left. */
static int refused(const struct kh_tool *tool, const struct kh_error *error)
{
	uv_fs_t call;

	uv_fs_unlink(NULL, &call, tool->argument, NULL);
	uv_fs_req_cleanup(&call);
	if (error->code != KH_AGENT_BUSY)
		return kh_tool_complain(tool, error);
	kh_tool_print(stderr, tool->locale, "tool.trace.running", NULL, "\n");
	return EXIT_FAILURE;
}

static int trace(struct kh_tool *tool, struct output *output)
{
	struct kh_diagnostics_trace_result result;
	struct kh_error error = {0};

	kh_client_on_notice(tool->client, take, output);
	if (kh_client_call(tool->client, KH_METHOD_DIAGNOSTICS_TRACE, NULL, &result, &error) != KH_OK)
		return refused(tool, &error);
	return follow(tool, output);
}

int kh_tool_trace(struct kh_tool *tool)
{
	struct output output = {0};
	uv_fs_t call;
	int status;

	output.file =
		uv_fs_open(NULL, &call, tool->argument, UV_FS_O_WRONLY | UV_FS_O_CREAT | UV_FS_O_EXCL, MODE, NULL);
	uv_fs_req_cleanup(&call);
	if (output.file < 0)
		return complain(tool, output.file);
	status = trace(tool, &output);
	uv_fs_close(NULL, &call, output.file, NULL);
	uv_fs_req_cleanup(&call);
	return status;
}
