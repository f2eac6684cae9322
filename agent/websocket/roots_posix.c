/* OpenSSL knows where they are; libwebsockets has it load them. */
#include "websocket/roots.h"

void kh_roots_add(void *tls)
{
	(void)tls;
}
