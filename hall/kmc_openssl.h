/*
 * The hall's own small key centre over OpenSSL, in the folder kmc of the state:
 *
 *   kmc.key   32 random bytes, its owner's only: the key of the archive
 *   kmc.db    pairs, private keys wrapped under it (RFC 5649, AES-256); every
 *             delivery with its time
 *
 * Whoever has both files reads what the companies encrypt: keep them apart in
 * the backup. A file `kmc-down` in the folder above makes every call answer
 * ca.unavailable, for rehearsals.
 */
#ifndef HALL_KMC_OPENSSL_H
#define HALL_KMC_OPENSSL_H

#include <stdbool.h>

#include "envelope.h"
#include "kmc.h"

/* Makes what is missing. */
HALL_CHECKED enum hall_code hall_kmc_open(const char *state, enum hall_padding padding, struct hall_kmc *kmc,
					  struct hall_error *error);
void hall_kmc_close(struct hall_kmc *kmc);

/* Whether a key centre was opened there before. */
bool hall_kmc_exists(const char *state);

#endif
