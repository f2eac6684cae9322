/*
 * The manifest: what `keyhall update check` asks for. The installers of the newest version among the downloads, with
 * their SHA-256, signed (signer.h) as a compact JWS in the file manifest.jws beside them:
 *
 * {"number", "issued", "expires", "version", "files": [{"name", "version", "architecture", "size", "sha256"}]}
 *
 * number never falls: it is the hall's time in seconds. Make it anew before it expires, and whenever files change.
 */
#ifndef HALL_MANIFEST_H
#define HALL_MANIFEST_H

#include "downloads.h"
#include "signer.h"

#define HALL_MANIFEST_DAYS 30

/* input.invalid --downloads where there is no installer. */
HALL_CHECKED enum hall_code hall_manifest_write(struct hall_downloads *downloads, const struct hall_signer *signer,
						const char *path, struct hall_error *error);

#endif
