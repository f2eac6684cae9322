/* The token host of a library. */
#include "token/program.h"

#include "library.h"
#include "system.h"

bool kh_token_program_fits(const char *program, const char *library)
{
	const struct kh_library own = kh_library_look(program);
	const struct kh_library other = kh_library_look(library);

	return kh_library_fits(&own, &other);
}

enum kh_code kh_token_program(const char *library, char *path, size_t size, struct kh_error *error)
{
	for (size_t n = 0; kh_system_token_host(n, path, size, error) == KH_OK; n++) {
		if (kh_token_program_fits(path, library))
			return KH_OK;
	}
	return kh_system_token_host(0, path, size, error);
}
