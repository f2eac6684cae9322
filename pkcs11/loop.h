/*
 * The token host's conversation: JSON-RPC lines in on stdin, out on the fd that
 * was stdout. Lines are decoded as they come and queued; operations run one at
 * a time outside of uv's callbacks. While a PIN window is open the loop goes on
 * reading, so that host.cancel is seen.
 */
#ifndef KH_PKCS11_LOOP_H
#define KH_PKCS11_LOOP_H

#include <uv.h>

#include "host_contract.h"
#include "jsonrpc.h"

struct kh_line {
	struct kh_line *next;
	struct kh_message message; /* method NULL: failure says why */
	struct kh_error failure;
};

struct kh_loop {
	uv_loop_t uv;
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_pipe_t pipe;
		uv_tty_t tty;
	} in;
	bool in_open; /* a stream; else a file read by blocking calls */
	int in_fd;
	int out_fd;
	uv_timer_t timer;
	bool timer_due;
	bool ended;    /* end of stdin */
	bool skipping; /* in a line that was too long */
	struct kh_buffer line;
	struct kh_line *first;
	struct kh_line *last;
	char chunk[65536];
};

KH_CHECKED enum kh_code kh_loop_init(struct kh_loop *loop, int in_fd, int out_fd, struct kh_error *error);
void kh_loop_finish(struct kh_loop *loop);

/* Waits for the next line, NULL at the end of stdin or when the timer is
 * due (timer_due). The caller frees it with kh_line_free(). */
struct kh_line *kh_loop_next(struct kh_loop *loop);
void kh_line_free(struct kh_line *line);

/* Lets callbacks run once, waiting for one. */
void kh_loop_turn(struct kh_loop *loop);
/* Takes every queued host.cancel of a session out of the queue; true when
 * there was one, or stdin has ended. */
bool kh_loop_cancelled(struct kh_loop *loop, int64_t session);
/* Wakes kh_loop_next() after this time; 0 stops it. */
void kh_loop_alarm(struct kh_loop *loop, uint64_t milliseconds);
uint64_t kh_loop_clock(struct kh_loop *loop); /* ms, monotonic */

/* Writes one line; the end of the reader ends the loop. */
void kh_loop_write(struct kh_loop *loop, struct kh_buffer *line);
/* Writes a notification; agent.failed when it breaks the contract. */
KH_CHECKED enum kh_code kh_loop_notify(struct kh_loop *loop, enum kh_host_method_id method, const void *params,
				       struct kh_error *error);
/* host.prompting */
void kh_loop_prompting(struct kh_loop *loop, bool open);

#endif
