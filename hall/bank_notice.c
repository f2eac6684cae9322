/* The thread that sends the rehearsal bank's notices. */
#include "bank_notice.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <ulfius.h>

#include "cleanup.h"
#include "clock.h"
#include "encode.h"
#include "sql.h"

#define TRIES 5
#define AGAIN_SECONDS 5
#define TIMEOUT_SECONDS 10

struct due {
	int64_t number, due;
	char payment[HALL_NAME_SIZE];
};

bool hall_bank_notice_init(struct hall_bank_books *books, const char *url, const char *trust)
{
	books->notice_url = strdup(url);
	books->trust = !trust ? NULL : strdup(trust);
	return mtx_init(&books->lock, mtx_plain) == thrd_success && cnd_init(&books->wake) == thrd_success &&
	       books->notice_url;
}

static bool next_due(sqlite3 *db, struct due *out)
{
	sqlite3_stmt *row =
		hall_sql_ask(db, "SELECT number, due, payment FROM notice ORDER BY due, number LIMIT 1", "");
	bool found = row && sqlite3_step(row) == SQLITE_ROW;
	if (found) {
		out->number = sqlite3_column_int64(row, 0);
		out->due = sqlite3_column_int64(row, 1);
		snprintf(out->payment, sizeof(out->payment), "%s", hall_sql_text(row, 2));
	}
	sqlite3_finalize(row);
	return found;
}

static char *notice_body(const char *payment)
{
	char time[HALL_TIME_SIZE];
	hall_clock_format(hall_clock_now(), time);
	HALL_AUTO_JSON json_t *body = json_pack("{s:s, s:s, s:s}", "payment", payment, "state", "paid", "time", time);
	return json_dumps(body, JSON_COMPACT);
}

static bool post(struct hall_bank_books *books, const char *body, const char *signature)
{
	struct _u_request request;
	struct _u_response response;
	bool good = false;

	if (ulfius_init_request(&request) != U_OK)
		return false;
	if (ulfius_init_response(&response) == U_OK) {
		request.timeout = TIMEOUT_SECONDS;
		if (ulfius_set_request_properties(&request, U_OPT_HTTP_VERB, "POST", U_OPT_HTTP_URL, books->notice_url,
						  U_OPT_HEADER_PARAMETER, "Content-Type", "application/json",
						  U_OPT_HEADER_PARAMETER, "X-Bank-Signature", signature,
						  U_OPT_STRING_BODY, body, U_OPT_NONE) == U_OK &&
		    (!books->trust ||
		     ulfius_set_request_properties(&request, U_OPT_CA_PATH, books->trust, U_OPT_NONE) == U_OK))
			good = ulfius_send_http_request(&request, &response) == U_OK && response.status == 200;
		ulfius_clean_response(&response);
	}
	ulfius_clean_request(&request);
	return good;
}

static bool deliver(struct hall_bank_books *books, const char *payment)
{
	char signature[HALL_HASH_SIZE];
	HALL_AUTO_FREE char *body = notice_body(payment);
	return body && hall_hmac(books->secret, sizeof(books->secret), body, strlen(body), signature) &&
	       post(books, body, signature);
}

static void settle(struct hall_bank_books *books, const struct due *due, bool delivered)
{
	enum hall_code code;
	if (delivered)
		code = hall_sql_run(books->db, NULL, "DELETE FROM notice WHERE number=?", "i", due->number);
	else
		code = hall_sql_run(books->db, NULL, "UPDATE notice SET tries=tries+1, due=? WHERE number=?", "ii",
				    hall_clock_now() + AGAIN_SECONDS, due->number);
	if (code == HALL_OK)
		code = hall_sql_run(books->db, NULL, "DELETE FROM notice WHERE tries>=?", "i", (int64_t)TRIES);
	if (code != HALL_OK)
		books->stop = true;
}

/* Sleeps until the next notice is due or somebody wakes it; called with the lock. */
static void rest(struct hall_bank_books *books, bool found, int64_t seconds)
{
	struct timespec until;
	if (!found) {
		cnd_wait(&books->wake, &books->lock);
		return;
	}
	timespec_get(&until, TIME_UTC);
	until.tv_sec += (time_t)(seconds < 1 ? 1 : seconds);
	cnd_timedwait(&books->wake, &books->lock, &until);
}

static int run(void *argument)
{
	struct hall_bank_books *books = argument;

	mtx_lock(&books->lock);
	while (!books->stop) {
		struct due due;
		bool found = next_due(books->db, &due);
		int64_t left = found ? due.due - hall_clock_now() : 0;
		if (!found || left > 0) {
			rest(books, found, left);
			continue;
		}
		mtx_unlock(&books->lock);
		bool delivered = deliver(books, due.payment);
		mtx_lock(&books->lock);
		settle(books, &due, delivered);
	}
	mtx_unlock(&books->lock);
	return 0;
}

bool hall_bank_notice_start(struct hall_bank_books *books)
{
	books->running = thrd_create(&books->thread, run, books) == thrd_success;
	return books->running;
}

void hall_bank_notice_finish(struct hall_bank_books *books)
{
	if (books->running) {
		mtx_lock(&books->lock);
		books->stop = true;
		cnd_signal(&books->wake);
		mtx_unlock(&books->lock);
		thrd_join(books->thread, NULL);
	}
	cnd_destroy(&books->wake);
	mtx_destroy(&books->lock);
	free(books->notice_url);
	free(books->trust);
}
