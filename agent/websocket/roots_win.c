/* Those of Windows: OpenSSL looks each up when it is needed. */
#include "websocket/roots.h"

#include <openssl/ssl.h>

void kh_roots_add(void *tls)
{
	(void)SSL_CTX_load_verify_store(tls, "org.openssl.winstore://");
}
