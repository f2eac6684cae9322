/* Built without the header of PC/SC. */
#include "token/cards.h"

size_t kh_cards_read(struct kh_card *cards, size_t most)
{
	(void)cards;
	(void)most;
	return 0;
}
