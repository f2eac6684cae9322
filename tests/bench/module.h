/* The C_ calls that the direct sequences (module.c, direct.c) are made of. */
#ifndef BENCH_MODULE_H
#define BENCH_MODULE_H

#include <p11-kit/pkcs11.h>

#include "bench.h"

extern CK_FUNCTION_LIST *p11;
extern CK_SESSION_HANDLE session;

#define CHECK(call)                                                                                                    \
	do {                                                                                                           \
		CK_RV rv_ = (call);                                                                                    \
		if (rv_ != CKR_OK)                                                                                     \
			bench_die("%s: 0x%lx", #call, rv_);                                                            \
	} while (0)

void module_generate(struct renewed *pair, unsigned char *id, size_t id_length, char *label); /* P-256 */
/* The uncompressed point, in its OCTET STRING. */
void module_read_point(CK_OBJECT_HANDLE key, unsigned char point[67]);
CK_OBJECT_HANDLE module_write_certificate(const unsigned char *der, size_t length, unsigned char *id, size_t id_length,
					  char *label);
void module_sign(CK_OBJECT_HANDLE key, const void *data, size_t length, unsigned char signature[64]);

#endif
