/*
 * The support archive.
 */
#include "bundle.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "file.h"
#include "report.h"

#define MOST (3u * 1024 * 1024) /* bytes; as base64 what the contract allows */

struct kh_bundle {
	struct kh_request *request;
	uv_process_t process;
	char file[KH_PATH_MAX + 64];
};

static void forget(uv_handle_t *process)
{
	free(process->data);
}

static void delete_file(const char *path)
{
	uv_fs_t request;

	uv_fs_unlink(NULL, &request, path, NULL);
	uv_fs_req_cleanup(&request);
}

static enum kh_code read_file(const char *path, struct kh_buffer *out, struct kh_error *error)
{
	FILE *file = kh_file_open(path, "rb");
	char part[4096];
	size_t length;

	if (!file)
		return kh_fail_system(error, "fopen");
	while ((length = fread(part, 1, sizeof(part), file)) > 0 && out->length <= MOST)
		kh_buffer_append(out, part, length);
	length = (size_t)ferror(file);
	fclose(file);
	return length != 0 || out->failed || out->length > MOST ? kh_fail_call(error, KH_AGENT_FAILED, "fread", "")
								: KH_OK;
}

static void answer(struct kh_bundle *bundle)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer data = {0};
	struct kh_error error = {0};
	char time[KH_TIME_TEXT], name[KH_REPORT_NAME];
	struct kh_diagnostics_archive_result result = {.name = name};

	if (read_file(bundle->file, &data, &error) != KH_OK) {
		kh_request_failure(bundle->request, &error);
		return;
	}
	kh_time_text(kh_agent_now(), time);
	kh_report_name(time, name);
	result.archive = (struct kh_bytes){(uint8_t *)data.data, data.length};
	kh_request_result(bundle->request, &result);
}

static void made(uv_process_t *process, int64_t status, int signal)
{
	struct kh_bundle *bundle = process->data;
	struct kh_error error = {0};
	char value[24];

	bundle->request->agent->bundle = NULL;
	if (status == 0 && signal == 0) {
		answer(bundle);
	} else {
		snprintf(value, sizeof(value), "%lld", (long long)status);
		(void)kh_fail_call(&error, KH_AGENT_FAILED, "keyhall report", value);
		kh_request_failure(bundle->request, &error);
	}
	delete_file(bundle->file);
	uv_close((uv_handle_t *)process, forget);
}

/* The state folder may be gone or read-only. */
static void name_file(const struct kh_request *request, char *path, size_t size)
{
	char folder[KH_PATH_MAX];

	kh_system_runtime(folder, sizeof(folder));
	snprintf(path, size, "%s/keyhall-%llx.zip", folder[0] != '\0' ? folder : request->agent->settings->state,
		 (unsigned long long)uv_hrtime());
}

static int spawn(struct kh_bundle *bundle, char *program)
{
	uv_loop_t *loop = bundle->request->agent->loop;
	const char *config = bundle->request->agent->settings->given;
	char *arguments[] = {program,
			     (char *)(uintptr_t) "report",
			     (char *)(uintptr_t) "--yes",
			     (char *)(uintptr_t) "--out",
			     bundle->file,
			     config[0] != '\0' ? (char *)(uintptr_t) "--config" : NULL,
			     (char *)(uintptr_t)config,
			     NULL};
	uv_process_options_t options = {
		.exit_cb = made, .file = program, .args = arguments, .flags = UV_PROCESS_WINDOWS_HIDE};

	bundle->process.data = bundle;
	uv_disable_stdio_inheritance();
	return uv_spawn(loop, &bundle->process, &options);
}

void kh_bundle_make(struct kh_request *request)
{
	struct kh_agent *agent = request->agent;
	char program[2 * KH_PATH_MAX];
	struct kh_error error = {0};
	struct kh_bundle *bundle;
	int status;

	if (!kh_agent_is_own_page(agent, request->origin)) {
		kh_request_fail(request, KH_ORIGIN_DENIED);
		return;
	}
	if (agent->bundle) {
		kh_request_fail(request, KH_AGENT_BUSY);
		return;
	}
	bundle = calloc(1, sizeof(*bundle));
	if (!bundle || kh_system_tool(program, sizeof(program), &error) != KH_OK) {
		free(bundle);
		kh_request_fail(request, KH_AGENT_FAILED);
		return;
	}
	bundle->request = request;
	name_file(request, bundle->file, sizeof(bundle->file));
	status = spawn(bundle, program);
	if (status == 0) {
		agent->bundle = bundle;
		return;
	}
	(void)kh_fail_call(&error, KH_AGENT_FAILED, "uv_spawn", uv_err_name(status));
	kh_request_failure(request, &error);
	uv_close((uv_handle_t *)&bundle->process, forget);
}

void kh_bundle_stop(struct kh_agent *agent)
{
	if (agent->bundle)
		uv_process_kill(&agent->bundle->process, SIGKILL);
}
