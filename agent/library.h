/*
 * What a file is by its first bytes: a program library, and for which system and
 * processor. Nothing is loaded.
 */
#ifndef KH_AGENT_LIBRARY_H
#define KH_AGENT_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kh_library_format { KH_LIBRARY_NONE, KH_LIBRARY_ELF, KH_LIBRARY_PE };

struct kh_library {
	enum kh_library_format format; /* NONE: it is no program library, or cannot be read */
	unsigned bits;		       /* 32 or 64 */
	uint16_t machine;	       /* the format's own number */
};

struct kh_library kh_library_look(const char *path);
/* Whether a program can load a library. */
bool kh_library_fits(const struct kh_library *program, const struct kh_library *library);
/* For people: "32-bit x86, Linux". */
void kh_library_describe(const struct kh_library *library, char *text, size_t size);

#endif
