/*
 * The processes of this computer, as far as the user may see them.
 */
#ifndef KH_AGENT_PROCESSES_H
#define KH_AGENT_PROCESSES_H

/* Calls take with the number and the short name of each, without an ending such as .exe;
 * name is valid only during the call. Names are cut to 15 bytes on Linux. */
void kh_processes(void (*take)(void *context, long process, const char *name), void *context);

#endif
