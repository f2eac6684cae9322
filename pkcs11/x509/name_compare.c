/* Distinguished names, compared. */
#include <string.h>

#include "fold.h"
#include "x509/name.h"

#define SET_MAX 32 /* attributes of an RDN: names have one, seldom two */

static bool is_same_value(const struct kh_tlv *a, const struct kh_tlv *b)
{
	struct kh_buffer left = {0}, right = {0};
	bool same = kh_span_equal(a->whole, b->whole);

	if (!same && kh_name_value(a, &left) && kh_name_value(b, &right))
		same = !left.failed && !right.failed &&
		       kh_fold_same(left.data ? left.data : "", left.length, right.data ? right.data : "",
				    right.length);
	kh_buffer_finish(&left);
	kh_buffer_finish(&right);
	return same;
}

static bool is_same_attribute(struct kh_span a, struct kh_span b)
{
	struct kh_tlv type_a, value_a, type_b, value_b;

	if (!kh_der_expect(&a, KH_DER_OID, &type_a) || !kh_der_expect(&b, KH_DER_OID, &type_b) ||
	    !kh_span_equal(type_a.body, type_b.body))
		return false;
	return kh_der_next(&a, &value_a) && kh_der_next(&b, &value_b) && a.length == 0 && b.length == 0 &&
	       is_same_value(&value_a, &value_b);
}

/* Each attribute of a stands in b, too; *count: how many a has. */
static bool is_within(struct kh_span a, struct kh_span b, size_t *count)
{
	struct kh_tlv one, other;

	for (*count = 0; kh_der_expect(&a, KH_DER_SEQUENCE, &one); (*count)++) {
		struct kh_span rest = b;
		bool found = false;

		while (!found && kh_der_expect(&rest, KH_DER_SEQUENCE, &other))
			found = is_same_attribute(one.body, other.body);
		if (!found || *count == SET_MAX)
			return false;
	}
	return a.length == 0;
}

static bool is_same_rdn(struct kh_span a, struct kh_span b)
{
	size_t count_a, count_b;

	return is_within(a, b, &count_a) && is_within(b, a, &count_b) && count_a == count_b;
}

bool kh_name_same(struct kh_span a, struct kh_span b)
{
	struct kh_tlv list_a, list_b, rdn_a, rdn_b;

	if (kh_span_equal(a, b))
		return true;
	if (!kh_der_expect(&a, KH_DER_SEQUENCE, &list_a) || !kh_der_expect(&b, KH_DER_SEQUENCE, &list_b))
		return false;
	while (kh_der_expect(&list_a.body, KH_DER_SET, &rdn_a)) {
		if (!kh_der_expect(&list_b.body, KH_DER_SET, &rdn_b) || !is_same_rdn(rdn_a.body, rdn_b.body))
			return false;
	}
	return list_a.body.length == 0 && list_b.body.length == 0;
}
