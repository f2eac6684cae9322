/*
 * Security programs that are known to keep programs away from ports on loopback,
 * known by the name of a process of theirs.
 */
#ifndef KH_AGENT_ENVIRONMENT_SUITES_H
#define KH_AGENT_ENVIRONMENT_SUITES_H

#include <stddef.h>

/* Those that run, by the names of their products, each once; empty: none is known to. */
void kh_suites_running(const char *locale, char *text, size_t size);

#endif
