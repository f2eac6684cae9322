/*
 * The halls of a configuration, as browsers' policies name them.
 */
#include "halls.h"

#include <string.h>

#define SECURE "https://"
#define SCHEME "keyhall"

const char *const kh_halls_lists[KH_HALLS_LISTS] = {"LoopbackNetworkAllowedForUrls",
						    "LocalNetworkAccessAllowedForUrls"};

json_t *kh_halls_origins(const json_t *configuration)
{
	json_t *origins = json_array(), *origin;
	size_t i;

	json_array_foreach(json_object_get(configuration, "origins"), i, origin)
	{
		const char *text = json_string_value(origin);

		if (text && strncmp(text, SECURE, strlen(SECURE)) == 0)
			json_array_append(origins, origin);
	}
	return origins;
}

json_t *kh_halls_hosts(const json_t *origins)
{
	json_t *hosts = json_array(), *origin;
	size_t i;

	json_array_foreach(origins, i, origin)
	{
		const char *host = json_string_value(origin) + strlen(SECURE);
		size_t length = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");

		json_array_append_new(hosts, json_stringn(host, length));
	}
	return hosts;
}

json_t *kh_halls_launch(const json_t *origins)
{
	return json_pack("{s:s, s:O}", "protocol", SCHEME, "allowed_origins", origins);
}

bool kh_halls_has(const json_t *list, const json_t *value)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item)
	{
		if (json_equal(item, value))
			return true;
	}
	return false;
}

void kh_halls_append(json_t *list, const json_t *more)
{
	size_t i;
	json_t *item;

	json_array_foreach(more, i, item)
	{
		if (!kh_halls_has(list, item))
			json_array_append(list, item);
	}
}

void kh_halls_take(json_t *list, const json_t *values)
{
	for (size_t i = json_array_size(list); i-- > 0;) {
		if (kh_halls_has(values, json_array_get(list, i)))
			json_array_remove(list, i);
	}
}
