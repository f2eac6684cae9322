/*
 * What is wrong with a configuration: all of it, a line each, with the file, the line
 * in it where that is known, the key and what it must be.
 */
#ifndef KH_AGENT_COMPLAINT_H
#define KH_AGENT_COMPLAINT_H

#include "bytes.h"
#include "configuration.h"

struct kh_complaint {
	const char *locale;
	struct kh_buffer *out;
	const char *file;	/* the one that is read now, */
	struct kh_buffer text;	/* what is in it; empty: not known, */
	struct kh_buffer sound; /* and without what was wrong with its form */
	bool wrong;		/* something was said, about any file */
};

/* About key, a dotted path; NULL: about the whole file. what: a text of x-texts. */
void kh_complain(struct kh_complaint *complaint, const char *key, const char *what);

/* Decodes the file's text into out, and says everything that is wrong with its form;
 * what is wrong is left out of out, so that the rest can be looked at. False: there is
 * nothing to look at. */
bool kh_complaint_decode(struct kh_complaint *complaint, struct kh_config *out);

/* Before the next file, and at the end. */
void kh_complaint_forget(struct kh_complaint *complaint);

#endif
