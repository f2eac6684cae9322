/* Distinguished names. */
#include "name.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/err.h>

#include "cleanup.h"

static char *copy(const void *bytes, size_t length)
{
	char *text = malloc(length + 1);

	if (!text)
		return NULL;
	memcpy(text, bytes, length);
	text[length] = '\0';
	return text;
}

/* A value in UTF-8, and how long it is; NULL: no string. */
static char *read_bytes(const unsigned char *bytes, size_t length, const ASN1_STRING *value, size_t *out)
{
	unsigned char *utf8 = NULL;
	char *text = NULL;
	int count = ASN1_mbstring_copy(NULL, bytes, (int)length, MBSTRING_UTF8, B_ASN1_UTF8STRING);

	if (count >= 0) {
		*out = length;
		return copy(bytes, length);
	}
	text = hall_name_gb18030(bytes, length, out);
	if (text)
		return text;
	count = ASN1_STRING_to_UTF8(&utf8, value);
	if (count >= 0) {
		*out = (size_t)count;
		text = copy(utf8, *out);
	}
	OPENSSL_free(utf8);
	return text;
}

static char *read_value(const ASN1_STRING *value, size_t *length)
{
	unsigned char *utf8 = NULL;
	char *text = NULL;
	int count;

	switch (ASN1_STRING_type(value)) {
	case V_ASN1_T61STRING:
	case V_ASN1_PRINTABLESTRING:
	case V_ASN1_IA5STRING:
	case V_ASN1_VISIBLESTRING:
		text = read_bytes(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value), value, length);
		break;
	case V_ASN1_UTF8STRING:
	case V_ASN1_BMPSTRING:
	case V_ASN1_UNIVERSALSTRING:
		count = ASN1_STRING_to_UTF8(&utf8, value);
		*length = count < 0 ? 0 : (size_t)count;
		text = count < 0 ? NULL : copy(utf8, *length);
		OPENSSL_free(utf8);
		break;
	default:
		break;
	}
	ERR_clear_error();
	return text;
}

/* A small letter for a capital of Latin, Greek and Cyrillic; OpenSSL folds ASCII. */
static unsigned long fold(unsigned long point)
{
	if (point >= 0xff01 && point <= 0xff5e)
		return point - 0xfee0;
	if (point == 0x3000 || point == 0xa0)
		return ' ';
	if ((point >= 0xc0 && point <= 0xde && point != 0xd7) || (point >= 0x391 && point <= 0x3ab) ||
	    (point >= 0x410 && point <= 0x42f))
		return point + 32;
	if (point >= 0x400 && point <= 0x40f)
		return point + 80;
	return point >= 0x100 && point <= 0x12f ? point | 1 : point;
}

/* The character at text, which is UTF-8 of at most so many bytes, and its bytes. */
static int get_point(const unsigned char *text, size_t most, unsigned long *point)
{
	static const unsigned char marks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	int length = text[0] < 0x80 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;

	if ((size_t)length > most)
		length = 1;
	*point = text[0] & marks[length];
	for (int i = 1; i < length; i++)
		*point = *point << 6 | (text[i] & 0x3fu);
	return length;
}

static int put_point(unsigned char *text, unsigned long point)
{
	int length = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
	static const unsigned char marks[] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (int i = length - 1; i > 0; i--, point >>= 6)
		text[i] = (unsigned char)(0x80u | (point & 0x3fu));
	text[0] = (unsigned char)(marks[length] | point);
	return length;
}

/* In place: no character becomes longer. */
static void fold_text(char *text, size_t *length)
{
	unsigned char *out = (unsigned char *)text;
	const unsigned char *in = out, *end = out + *length;

	while (in < end) {
		unsigned long point;

		in += get_point(in, (size_t)(end - in), &point);
		out += put_point(out, fold(point));
	}
	*length = (size_t)((char *)out - text);
}

static bool add_entry(X509_NAME *to, const X509_NAME_ENTRY *entry, bool folded, int set)
{
	size_t length;
	HALL_AUTO_FREE char *text = read_value(X509_NAME_ENTRY_get_data(entry), &length);

	if (!text)
		return X509_NAME_add_entry(to, entry, -1, set) == 1;
	if (folded)
		fold_text(text, &length);
	return X509_NAME_add_entry_by_OBJ(to, X509_NAME_ENTRY_get_object(entry), V_ASN1_UTF8STRING,
					  (unsigned char *)text, (int)length, -1, set) == 1;
}

/* The same name with every text in a UTF8String. */
static X509_NAME *rewrite(const X509_NAME *name, bool folded)
{
	X509_NAME *out = X509_NAME_new();
	bool done = out;
	int rdn = -1;

	for (int i = 0; done && i < X509_NAME_entry_count(name); i++) {
		const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
		int set = X509_NAME_ENTRY_set(entry);

		done = add_entry(out, entry, folded, set == rdn ? -1 : 0);
		rdn = set;
	}
	if (done)
		return out;
	X509_NAME_free(out);
	return NULL;
}

char *hall_name_text(const X509_NAME *name)
{
	X509_NAME *plain = rewrite(name, false);
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *text = NULL;

	if (plain && bio &&
	    X509_NAME_print_ex(bio, plain, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0) {
		long length = BIO_get_mem_data(bio, &data);
		text = copy(data, (size_t)length);
	}
	BIO_free(bio);
	X509_NAME_free(plain);
	return text;
}

char *hall_name_part(const X509_NAME *name, int nid)
{
	int at = X509_NAME_get_index_by_NID(name, nid, -1);
	size_t length;

	return at < 0 ? NULL : read_value(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)), &length);
}

bool hall_name_same(const X509_NAME *a, const X509_NAME *b)
{
	X509_NAME *left = rewrite(a, true), *right = rewrite(b, true);
	bool same = left && right && X509_NAME_cmp(left, right) == 0;

	X509_NAME_free(left);
	X509_NAME_free(right);
	return same;
}
