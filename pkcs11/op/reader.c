/* reader.list: the smart card readers and the cards in them. */
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "token/cards.h"

static void write_atr(const struct kh_card *card, struct kh_buffer *out)
{
	for (size_t i = 0; i < card->length; i++)
		kh_buffer_printf(out, "%s%02X", i > 0 ? ":" : "", card->atr[i]);
}

enum kh_code kh_op_reader_list(struct kh_host *host, const void *in, void *out, struct kh_error *error)
{
	struct kh_host_reader_list_result *result = out;
	struct kh_card cards[KH_HOST_READER_LIST_RESULT_READERS_MAX];
	size_t count = kh_cards_read(cards, KH_HOST_READER_LIST_RESULT_READERS_MAX);

	(void)host;
	(void)in;
	result->readers = calloc(count + 1, sizeof(*result->readers));
	if (!result->readers)
		return kh_fail(error, KH_AGENT_FAILED);
	for (size_t i = 0; i < count; i++) {
		struct kh_card_reader *reader = &result->readers[result->readers_count++];
		struct kh_buffer atr = {0}, name = {0};

		kh_utf8_append(&name, cards[i].reader, strlen(cards[i].reader));
		write_atr(&cards[i], &atr);
		reader->name = name.data ? name.data : strdup("");
		reader->atr = atr.data;
		if (!reader->name || name.failed || atr.failed)
			return kh_fail(error, KH_AGENT_FAILED);
	}
	return KH_OK;
}
