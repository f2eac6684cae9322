/*
 * Reading a trace.
 */
#include "tool/recording.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "file.h"

#define LINE_SIZE (2u * 1024 * 1024) /* an entry may have half of it */
#define FUNCTIONS_MAX 80

/* How often each function was called for the request that was asked last. */
struct tally {
	struct {
		char function[KH_HOST_HOST_CALLED_PARAMS_FUNCTION_MAX + 1];
		unsigned calls;
	} rows[FUNCTIONS_MAX];
	size_t count;
};

/* What a module answers when all is well, and the test token says by itself. */
static const char *const ordinary[] = {
	"CKR_OK",
	"CKR_ATTRIBUTE_TYPE_INVALID",
	"CKR_ATTRIBUTE_SENSITIVE",
	"CKR_BUFFER_TOO_SMALL",
	"CKR_MECHANISM_INVALID",
	"CKR_FUNCTION_NOT_SUPPORTED",
	"CKR_USER_NOT_LOGGED_IN",
	"CKR_USER_ALREADY_LOGGED_IN",
	"CKR_CRYPTOKI_ALREADY_INITIALIZED",
};

static bool is_ordinary(const char *result)
{
	for (size_t i = 0; i < sizeof(ordinary) / sizeof(ordinary[0]); i++) {
		if (strcmp(ordinary[i], result) == 0)
			return true;
	}
	return false;
}

/* With the answer an operation is over, as PKCS#11 wants it of every result. */
static const char *moment_of(const char *function)
{
	return strcmp(function, "C_Sign") == 0 || strcmp(function, "C_Decrypt") == 0 ? "after " : "";
}

static unsigned count_call(struct tally *tally, const char *function)
{
	size_t i = 0;

	while (i < tally->count && strcmp(tally->rows[i].function, function) != 0)
		i++;
	if (i == FUNCTIONS_MAX)
		return 0;
	if (i == tally->count)
		snprintf(tally->rows[tally->count++].function, sizeof(tally->rows[i].function), "%s", function);
	return ++tally->rows[i].calls;
}

static bool add_step(struct kh_recording *recording, struct kh_entry *entry)
{
	if (recording->count == recording->size) {
		size_t size = recording->size == 0 ? 64 : recording->size * 2;
		struct kh_step *steps = realloc(recording->steps, size * sizeof(*steps));

		if (!steps)
			return false;
		recording->steps = steps;
		recording->size = size;
	}
	recording->steps[recording->count++] = (struct kh_step){.page = entry->page, .asked = entry->message};
	entry->message = (struct kh_message){0};
	return true;
}

static bool is_same_id(const struct kh_rpc_id *a, const struct kh_rpc_id *b)
{
	return a->kind == b->kind && a->number == b->number && strcmp(a->text, b->text) == 0;
}

static void take_answer(struct kh_recording *recording, struct kh_entry *entry)
{
	for (size_t i = recording->count; i-- > 0;) {
		struct kh_step *step = &recording->steps[i];

		if (step->answered || step->page != entry->page || step->asked.method != entry->message.method ||
		    !is_same_id(&step->asked.id, &entry->message.id))
			continue;
		step->answered = true;
		memcpy(step->failure, entry->failure, sizeof(step->failure));
		step->result = kh_steal(&entry->result);
		return;
	}
}

/* The calls between a question and its answer are the question's. */
static void take_call(struct kh_recording *recording, struct tally *tally,
		      const struct kh_host_host_called_params *call)
{
	struct kh_step *step = recording->count > 0 ? &recording->steps[recording->count - 1] : NULL;
	unsigned number;

	if (!step || step->answered)
		return;
	number = count_call(tally, call->function);
	if (number > 0 && !is_ordinary(call->result))
		kh_buffer_printf(&step->faults, "%s %u %serror 0x%llx\n", call->function, number,
				 moment_of(call->function), (unsigned long long)call->value);
}

static bool is_question(const struct kh_message *message)
{
	return message->method->result && message->params && message->method->id != KH_METHOD_AGENT_HELLO &&
	       message->method->id != KH_METHOD_DIAGNOSTICS_TRACE;
}

static enum kh_code take_line(struct kh_recording *recording, struct tally *tally, const char *line)
{
	struct kh_entry entry;
	enum kh_code code = kh_entry_read(line, strlen(line), &entry, NULL);

	if (code != KH_OK)
		return code;
	if (entry.kind == KH_ENTRY_SAID && is_question(&entry.message)) {
		tally->count = 0;
		memset(tally->rows, 0, sizeof(tally->rows));
		code = add_step(recording, &entry) ? KH_OK : KH_AGENT_FAILED;
	} else if (entry.kind == KH_ENTRY_TOLD) {
		take_answer(recording, &entry);
	} else if (entry.kind == KH_ENTRY_CALL) {
		take_call(recording, tally, &entry.call);
	}
	kh_entry_finish(&entry);
	return code;
}

enum kh_code kh_recording_read(const char *path, struct kh_recording *recording, size_t *number)
{
	KH_AUTO_FREE char *line = malloc(LINE_SIZE);
	KH_AUTO_FREE struct tally *tally = calloc(1, sizeof(*tally));
	FILE *file = kh_file_open(path, "rb");
	enum kh_code code = line && tally && file ? KH_OK : KH_AGENT_FAILED;

	*number = 0;
	while (code == KH_OK && fgets(line, LINE_SIZE, file)) {
		++*number;
		code = take_line(recording, tally, line);
	}
	if (file)
		(void)fclose(file);
	return code;
}

void kh_recording_finish(struct kh_recording *recording)
{
	for (size_t i = 0; i < recording->count; i++) {
		struct kh_step *step = &recording->steps[i];

		if (step->result)
			kh_clear(step->asked.method->result, step->result);
		free(step->result);
		kh_message_finish(&step->asked);
		kh_buffer_finish(&step->faults);
	}
	free(recording->steps);
	*recording = (struct kh_recording){0};
}
