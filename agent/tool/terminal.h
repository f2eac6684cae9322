/*
 * What is for a person at a terminal only: colours (not where NO_COLOR is set),
 * progress, questions. Into a file or a pipe goes plain text.
 */
#ifndef KH_AGENT_TOOL_TERMINAL_H
#define KH_AGENT_TOOL_TERMINAL_H

#include "tool/tool.h"

bool kh_terminal_is(FILE *file);

/* Sets a row's colour by its state, and back; "" where there are none. */
const char *kh_terminal_colour(FILE *file, enum kh_environment_item_state state);
const char *kh_terminal_plain(FILE *file);

/* That a call takes its time, on stderr: seconds so far; 0: it has ended. */
void kh_terminal_progress(void *tool, unsigned seconds);

/* A question of x-texts, answered by y or Y. False without a terminal. */
bool kh_terminal_ask(const struct kh_tool *tool, const char *key, const char *const *values);

#endif
