/*
 * keyhalld --simulate FILE: an agent without a key, for a hall's own tests. Each
 * method answers what the file says, in the file's order; the last answer of a
 * method stays. Lines of the file:
 *
 *     METHOD {…}             a result, as in docs/protocol.md
 *     METHOD NAME [{…}]      an error by its name, with its data
 *     NOTIFICATION {…}       sent before the answer that follows
 *     wait MILLISECONDS      before the answer that follows
 *     # …                    nothing
 *
 * Answers are held to the contract when the file is read. agent.hello is the
 * agent's own; a method that the file does not name is agent.failed.
 */
#ifndef KH_AGENT_SIMULATE_H
#define KH_AGENT_SIMULATE_H

#include "request.h"

struct kh_simulation;

/* NULL: complaint says what is wrong, with file and line. */
struct kh_simulation *kh_simulation_read(const char *path, struct kh_buffer *complaint);
void kh_simulation_free(struct kh_simulation *simulation);

/* Answers a request by agent->simulation. */
void kh_simulate(struct kh_request *request);

#endif
