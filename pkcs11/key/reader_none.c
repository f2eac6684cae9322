/* No second reader. */
#include "key/reader.h"

bool kh_reader_present(void)
{
	return false;
}

enum kh_code kh_reader_check(struct kh_reader *reader, struct kh_token *token, const struct kh_object *certificate,
			     bool *agreed, struct kh_error *error)
{
	(void)reader;
	(void)token;
	(void)certificate;
	(void)error;
	*agreed = false;
	return KH_OK;
}

void kh_reader_finish(struct kh_reader *reader)
{
	(void)reader;
}
