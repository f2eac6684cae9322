/* Where the files for browsers lie. */
#include "places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "system.h"

static char *line_of(const char *text, const char *name)
{
	const char *at = strstr(text, name);
	return !at ? NULL : strndup(at + strlen(name), strcspn(at + strlen(name), "\n"));
}

void hall_places_find(struct hall_places *places)
{
	HALL_AUTO_FREE char *folder = hall_program_folder();
	HALL_AUTO_FREE char *list = !folder ? NULL : hall_path(folder, "places.txt");
	size_t length;
	HALL_AUTO_FREE char *text = !list ? NULL : hall_file_read(list, 16384, &length);

	if (text) {
		*places = (struct hall_places){line_of(text, "pages="), line_of(text, "sdk=")};
		return;
	}
	places->pages = hall_path(!folder ? "." : folder, "../share/keyhall/hall/pages");
	places->sdk = hall_path(!folder ? "." : folder, "../share/keyhall/sdk");
}

void hall_places_finish(struct hall_places *places)
{
	free(places->pages);
	free(places->sdk);
}
