/*
 * A trace as a replay needs it: what pages asked, what they were told, and which of
 * the module's calls failed meanwhile.
 */
#ifndef KH_AGENT_TOOL_RECORDING_H
#define KH_AGENT_TOOL_RECORDING_H

#include "entry.h"

struct kh_step {
	int64_t page;
	struct kh_message asked;
	bool answered;
	char failure[KH_ERROR_DATA_NAME_MAX + 1]; /* the error it was answered; "": a result */
	void *result;				  /* by asked.method; NULL: there is none */
	struct kh_buffer faults;		  /* the test token's fault script: tests/softkey */
};

/* Zeroed: empty. */
struct kh_recording {
	struct kh_step *steps;
	size_t count, size;
};

/* agent.hello, and what is no request, is left out. On failure line is where; 0: the
 * file cannot be read. */
KH_CHECKED enum kh_code kh_recording_read(const char *path, struct kh_recording *recording, size_t *line);
void kh_recording_finish(struct kh_recording *recording);

#endif
