/*
 * A line of a trace's file, what keyhall trace writes and keyhall replay reads:
 * one JSON object an entry, redacted (redact.h). "at" counts ms from the start.
 *
 *     {"at":0,"begun":{"version":"1.0.0","time":"2026-11-30T07:15:00Z",…}}   first
 *     {"at":0,"host":"softkey.so","is":{…}}        a module, as ModuleReport
 *     {"at":12,"page":3,"opened":{}}               a connection; its origin stands in hello
 *     {"at":13,"page":3,"said":{"id":1,"method":"token.list","params":{}}}   to the daemon
 *     {"at":13,"host":"softkey.so","told":{"id":4,"method":"token.list",…}}  by the daemon
 *     {"at":14,"host":"softkey.so","call":{"function":"C_GetTokenInfo",…}}   as host.called
 *     {"at":14,"host":"softkey.so","said":{"id":4,"method":"token.list","result":{…}}}
 *     {"at":15,"page":3,"told":{"id":1,"method":"token.list","result":{…}}}
 *     {"at":99,"page":3,"closed":{}}
 *     {"at":99,"lost":17}                          entries that nobody took in time
 *
 * An answer has "error" in place of "result" where it is one: its data. What could
 * not be read has no method.
 */
#ifndef KH_PROTOCOL_ENTRY_H
#define KH_PROTOCOL_ENTRY_H

#include "host_contract.h"

/* Who it is about: a connection by its number, a token host by its module's file
 * name, or neither. */
struct kh_entry_peer {
	int64_t page;	  /* 0: none */
	const char *host; /* NULL: none */
};

/* The beginning of a line, up to the value of what; the caller appends that, then
 * kh_entry_end(). */
void kh_entry_begin(struct kh_buffer *line, uint64_t at, struct kh_entry_peer peer, const char *what);
void kh_entry_end(struct kh_buffer *line);
/* A line that was read, as far as a replay needs it: what pages said and were told, and
 * the modules' calls. */
struct kh_entry {
	enum kh_entry_kind { KH_ENTRY_OTHER, KH_ENTRY_SAID, KH_ENTRY_TOLD, KH_ENTRY_CALL } kind;
	int64_t page;
	struct kh_message message;		  /* id and method; params of what was said */
	void *result;				  /* of an answer that is one */
	char failure[KH_ERROR_DATA_NAME_MAX + 1]; /* its name, of an answer that is an error; "" */
	struct kh_host_host_called_params call;
};

/* What this agent does not know, such as a method of a later one, is KH_ENTRY_OTHER;
 * request.invalid: no line of a trace. */
KH_CHECKED enum kh_code kh_entry_read(const char *line, size_t length, struct kh_entry *entry, struct kh_error *error);
void kh_entry_finish(struct kh_entry *entry);

/* How many a line says are lost; 0: it is another line. */
int64_t kh_entry_lost(const char *line);

#endif
