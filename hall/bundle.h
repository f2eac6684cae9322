/*
 * The bundle: a configuration of the key agent (docs/configuration.md) from which every computer of a company is ready
 * for this hall. It has the hall's origin and name, the root of its CA, the port at which its pages look for the agent,
 * the window of renewal, where downloads are, and the language. Beside it lies its detached signature (signer.h), in a file of the
 * same name and .jws.
 */
#ifndef HALL_BUNDLE_H
#define HALL_BUNDLE_H

#include "signer.h"
#include "site.h"

/* input.invalid where the hall has something that no configuration can hold: its origin, its name in Chinese. */
HALL_CHECKED enum hall_code hall_bundle_write(const struct hall_site *site, const struct hall_signer *signer,
					      const char *path, struct hall_error *error);

#endif
