/* No second reader. */
#include "key/reader.h"

bool kh_reader_present(void)
{
	return false;
}

enum kh_second_reader kh_reader_check(struct kh_reader *reader, struct kh_token *token,
				      const struct kh_object *certificate)
{
	(void)reader;
	(void)token;
	(void)certificate;
	return KH_SECOND_READER_ABSENT;
}
