/*
 * The mark's page: the inside of mark.c. mark_posix.c, mark_win.c
 */
#ifndef KH_PROTOCOL_MARK_PAGE_H
#define KH_PROTOCOL_MARK_PAGE_H

#include "error.h"

/* A file of KH_MARK_SIZE zeros without a name. agent.failed with the system's call. */
KH_CHECKED enum kh_code kh_mark_page_make(int *handle, struct kh_error *error);
/* handle stays the caller's, and open while the page is used. agent.failed: also for a file that is too short. */
KH_CHECKED enum kh_code kh_mark_page_map(int handle, char **page, struct kh_error *error);
void kh_mark_page_unmap(char *page);

#endif
