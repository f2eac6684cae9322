/* The rehearsal bank's books and the thread that sends its notices; inside of
 * the bank only. */
#ifndef HALL_BANK_NOTICE_H
#define HALL_BANK_NOTICE_H

#include <stdbool.h>
#include <threads.h>

#include <sqlite3.h>

struct hall_bank_books {
	sqlite3 *db; /* used with the lock held */
	unsigned char secret[32];
	char *notice_url;
	char *trust;
	mtx_t lock;
	cnd_t wake; /* something may be due */
	thrd_t thread;
	bool running;
	bool stop;
};

bool hall_bank_notice_init(struct hall_bank_books *books, const char *url, const char *trust);
bool hall_bank_notice_start(struct hall_bank_books *books);
/* Stops the thread and releases everything but db. */
void hall_bank_notice_finish(struct hall_bank_books *books);

#endif
