/*
 * Inside the codec: where in a JSON text a byte is, from outside in. A scan of
 * brackets, strings and commas; whether the text is JSON is jansson's to say.
 */
#ifndef KH_PROTOCOL_PLACE_H
#define KH_PROTOCOL_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#define KH_DEPTH_MAX 64 /* of files; messages have their contract's */

struct kh_place {
	size_t depth;
	struct kh_level {
		bool array;
		size_t index;	  /* array: of the item */
		const char *name; /* object: the last string, as it stands in the text */
		size_t length;
	} levels[KH_DEPTH_MAX];
};

/* The place behind length bytes of text; false: nested deeper than depth_max
 * somewhere before, and place is empty. */
bool kh_place_find(struct kh_place *place, const char *text, size_t length, size_t depth_max);

/* The dotted path of a place without its outermost levels. It ends before a
 * name that must not be repeated. */
void kh_place_text(const struct kh_place *place, size_t without, char *text, size_t size);

/* Whether a name in an object is a plausible identifier and so may stand in an
 * error; a page may have put anything there. */
bool kh_may_repeat(const char *name, size_t length);

#endif
