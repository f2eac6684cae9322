/*
 * Orphans on Windows: there are none. A token host puts itself into a job that ends all
 * that is in it with the host: pkcs11/host_process_win.c.
 */
#include "tool/orphans.h"

void kh_orphans_adopt(void)
{
}

void kh_orphans_end(void)
{
}
