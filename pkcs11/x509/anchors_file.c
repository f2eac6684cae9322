/* Files with anchors. */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "file.h"
#include "x509/anchors.h"

#define FILE_BYTES ((size_t)4 << 20)
#define REASON(name) KH_HOST_ANCHOR_PROBLEM_REASON_##name
#define BEGIN "-----BEGIN "

struct file {
	bool (*take)(void *context, struct kh_span der);
	void *context;
	enum kh_host_anchor_problem_reason reason;
	bool full; /* take wants no more */
};

bool kh_anchor_is_text(const char *anchor)
{
	return strncmp(anchor, BEGIN, strlen(BEGIN)) == 0;
}

static enum kh_host_anchor_problem_reason load_text(const char *text, struct kh_buffer *out)
{
	kh_buffer_append(out, text, strlen(text));
	return out->failed ? REASON(UNREADABLE) : REASON(NONE);
}

static enum kh_host_anchor_problem_reason load(const char *path, struct kh_buffer *out)
{
	FILE *file = kh_file_open(path, "rb");
	char piece[4096];
	size_t count;
	bool failed;

	if (!file)
		return errno == ENOENT ? REASON(ABSENT) : REASON(UNREADABLE);
	while (out->length <= FILE_BYTES && (count = fread(piece, 1, sizeof(piece), file)) > 0)
		kh_buffer_append(out, piece, count);
	failed = ferror(file) || out->failed;
	fclose(file);
	if (failed)
		return REASON(UNREADABLE);
	if (out->length == 0)
		return REASON(EMPTY);
	return out->length > FILE_BYTES ? REASON(LARGE) : REASON(NONE);
}

/* How a text is stored: where it begins, bytes a character, and which of them
 * holds ASCII. */
struct layout {
	size_t from, step, at;
};

static struct layout find_layout(const uint8_t *bytes, size_t length)
{
	if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		return (struct layout){3, 1, 0};
	if (length >= 2 && memcmp(bytes, "\xff\xfe", 2) == 0)
		return (struct layout){2, 2, 0};
	if (length >= 2 && memcmp(bytes, "\xfe\xff", 2) == 0)
		return (struct layout){2, 2, 1};
	if (length >= 4 && bytes[0] && !bytes[1] && bytes[2] && !bytes[3])
		return (struct layout){0, 2, 0};
	if (length >= 4 && !bytes[0] && bytes[1] && !bytes[2] && bytes[3])
		return (struct layout){0, 2, 1};
	return (struct layout){0, 1, 0};
}

/* As a text of one byte a character, with \n at the ends of lines. */
static void normalise(const struct kh_buffer *in, struct kh_buffer *out)
{
	const uint8_t *bytes = (const uint8_t *)in->data;
	const struct layout layout = find_layout(bytes, in->length);
	uint8_t last = 0;

	for (size_t i = layout.from + layout.at; i < in->length; i += layout.step) {
		if (bytes[i] != '\n' || last != '\r')
			kh_buffer_append(out, bytes[i] == '\r' ? "\n" : (const char *)&bytes[i], 1);
		last = bytes[i];
	}
}

static void give(struct file *file, struct kh_span der)
{
	if (!file->full)
		file->full = !file->take(file->context, der);
}

static void give_encoded(struct file *file, X509 *certificate)
{
	unsigned char *der = NULL;
	int length = i2d_X509(certificate, &der);

	if (length > 0)
		give(file, (struct kh_span){der, (size_t)length});
	OPENSSL_free(der);
}

/* The certificates of a SignedData (RFC 2315, 9.1), whatever OID it goes by: GM/T
 * 0010 has its own. false: it is none. */
static bool give_signed_data(struct file *file, struct kh_span body)
{
	struct kh_tlv type, outer, data, skipped, list, certificate;

	if (!kh_der_expect(&body, KH_DER_OID, &type) || !kh_der_expect(&body, KH_DER_CONTEXT, &outer) ||
	    !kh_der_expect(&outer.body, KH_DER_SEQUENCE, &data) ||
	    !kh_der_expect(&data.body, KH_DER_INTEGER, &skipped) || !kh_der_expect(&data.body, KH_DER_SET, &skipped) ||
	    !kh_der_expect(&data.body, KH_DER_SEQUENCE, &skipped) || !kh_der_expect(&data.body, KH_DER_CONTEXT, &list))
		return false;
	while (kh_der_expect(&list.body, KH_DER_SEQUENCE, &certificate))
		give(file, certificate.whole);
	return true;
}

/* The same in BER, as some programs write it. */
static bool give_pkcs7(struct file *file, struct kh_span in)
{
	const unsigned char *at = in.data;
	PKCS7 *parsed = d2i_PKCS7(NULL, &at, (long)in.length);
	STACK_OF(X509) *list = parsed && PKCS7_type_is_signed(parsed) ? parsed->d.sign->cert : NULL;

	for (int i = 0; i < sk_X509_num(list); i++)
		give_encoded(file, sk_X509_value(list, i));
	PKCS7_free(parsed);
	ERR_clear_error();
	return list;
}

/* TBSCertificate begins with its version or its number, a key with its version. */
static bool is_certificate(struct kh_span body)
{
	struct kh_tlv tbs;

	return kh_der_expect(&body, KH_DER_SEQUENCE, &tbs) && kh_der_expect(&body, KH_DER_SEQUENCE, &tbs) &&
	       kh_der_expect(&body, KH_DER_BIT_STRING, &tbs);
}

static bool is_private_key(struct kh_span in)
{
	const unsigned char *at = in.data;
	EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &at, (long)in.length);

	EVP_PKEY_free(key);
	ERR_clear_error();
	return key;
}

/* One certificate or several, one behind the other, or a PKCS #7; what stands
 * behind a certificate, as in TRUSTED CERTIFICATE, is passed over. */
static void read_der(struct file *file, struct kh_span in)
{
	struct kh_span rest = in;
	struct kh_tlv whole;
	bool found = false;

	while (kh_der_expect(&rest, KH_DER_SEQUENCE, &whole)) {
		if (is_certificate(whole.body))
			give(file, whole.whole);
		else if (!give_signed_data(file, whole.body))
			break;
		found = true;
	}
	if (found || give_pkcs7(file, in))
		return;
	file->reason = is_private_key(in) ? REASON(PRIVATE_KEY) : REASON(NOTHING);
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return length >= tail && strcmp(text + length - tail, end) == 0;
}

static void read_block(struct file *file, const char *name, struct kh_span der)
{
	if (ends_with(name, "PRIVATE KEY"))
		file->reason = REASON(PRIVATE_KEY);
	else if (ends_with(name, "CERTIFICATE") || strncmp(name, "PKCS", 4) == 0 || strcmp(name, "CMS") == 0)
		read_der(file, der);
}

/* false: no further block. */
static bool next_block(struct file *file, BIO *bio)
{
	char *name = NULL, *header = NULL;
	unsigned char *der = NULL;
	long length = 0;
	bool more = true;

	if (PEM_read_bio(bio, &name, &header, &der, &length) == 1) {
		read_block(file, name, (struct kh_span){der, (size_t)length});
	} else {
		more = ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE && BIO_pending(bio) > 0;
		if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
			file->reason = REASON(BROKEN);
		ERR_clear_error();
	}
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(der);
	return more;
}

static void read_pem(struct file *file, const struct kh_buffer *text)
{
	BIO *bio = BIO_new_mem_buf(text->data, (int)text->length);

	while (bio && next_block(file, bio))
		continue;
	BIO_free(bio);
}

/* base64 without the lines around it; false: it is none. */
static bool read_base64(struct file *file, const struct kh_buffer *text)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer plain = {0};
	struct kh_bytes der = {0};
	bool good;

	for (size_t i = 0; i < text->length; i++) {
		if (!strchr(" \t\n", text->data[i]))
			kh_buffer_append(&plain, text->data + i, 1);
	}
	good = plain.length > 0 && kh_base64_decode(plain.data, plain.length, &der) == KH_OK;
	if (good)
		read_der(file, (struct kh_span){der.data, der.length});
	kh_bytes_finish(&der);
	return good;
}

static bool holds(const struct kh_buffer *text, const char *part)
{
	size_t length = strlen(part);

	for (size_t i = 0; i + length <= text->length; i++) {
		if (memcmp(text->data + i, part, length) == 0)
			return true;
	}
	return false;
}

enum kh_host_anchor_problem_reason kh_anchors_read_file(const char *path,
							bool (*take)(void *context, struct kh_span der), void *context)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer bytes = {0};
	KH_AUTO(kh_buffer_finish) struct kh_buffer text = {0};
	struct file file = {.take = take, .context = context};

	file.reason = kh_anchor_is_text(path) ? load_text(path, &bytes) : load(path, &bytes);
	if (file.reason != REASON(NONE))
		return file.reason;
	if (bytes.data[0] == 0x30 && !holds(&bytes, BEGIN)) {
		read_der(&file, (struct kh_span){(uint8_t *)bytes.data, bytes.length});
		return file.reason;
	}
	normalise(&bytes, &text);
	if (text.failed)
		return REASON(UNREADABLE);
	if (holds(&text, BEGIN))
		read_pem(&file, &text);
	else if (!read_base64(&file, &text))
		file.reason = REASON(NOTHING);
	return file.reason;
}
