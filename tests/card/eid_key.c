/* Keys of a MyEID: GENERATE ASYMMETRIC KEY PAIR, MANAGE SECURITY ENVIRONMENT, PERFORM SECURITY OPERATION. */
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "eid.h"
#include "key.h"

enum { TAG_WAY = 0x80, TAG_FILE = 0x81, TAG_POINT = 0x86 };
enum { WAY_RAW = 0x00, WAY_PKCS1 = 0x02, WAY_ECDSA = 0x04 };
enum { OPERATION_SIGN = 0x9e, OPERATION_DECIPHER = 0x80 }; /* P1 */

static EVP_PKEY *make(const struct eid_head *head)
{
	unsigned bits = eid_number(head->size);

	if (head->kind == KIND_RSA)
		return key_make(NULL, bits);
	return bits == 256 ? key_make("P-256", 0) : bits == 384 ? key_make("P-384", 0) : NULL;
}

static bool is_key(const struct eid_file *file)
{
	return file->head.kind == KIND_RSA || file->head.kind == KIND_EC;
}

static EVP_PKEY *read_key(const struct eid_file *file)
{
	const unsigned char *at = file->bytes;

	return is_key(file) && file->length > 0 ? d2i_AutoPrivateKey(NULL, &at, (long)file->length) : NULL;
}

unsigned eid_generate(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	unsigned char *der = NULL;
	struct eid_file file;
	unsigned status = SW_FAILED;
	EVP_PKEY *key;
	int length;

	(void)apdu;
	(void)answer;
	if (!eid_load(card->file, &file) || !is_key(&file))
		return SW_NO_FILE;
	if (eid_forbids(card, &file, ACCESS_GENERATE))
		return SW_NOT_ALLOWED;
	key = make(&file.head);
	if (!key)
		return SW_UNSUPPORTED;
	length = i2d_PrivateKey(key, &der);
	if (length > 0 && (size_t)length <= sizeof file.bytes) {
		file.length = (size_t)length;
		memcpy(file.bytes, der, file.length);
		status = eid_keep(card, &file);
	}
	OPENSSL_free(der);
	EVP_PKEY_free(key);
	return status;
}

unsigned eid_get_key(const struct card *card, bool point, struct answer *answer)
{
	struct eid_file file;
	EVP_PKEY *key = eid_load(card->file, &file) ? read_key(&file) : NULL;
	unsigned char bytes[512];
	struct writer writer;
	bool good = key && key_public(key, bytes, sizeof bytes, &answer->length);

	EVP_PKEY_free(key);
	if (!good)
		return SW_NO_REFERENCE;
	memcpy(answer->data, bytes, answer->length);
	if (!point)
		return SW_OK;
	writer_init(&writer);
	writer_put(&writer, TAG_POINT, bytes, answer->length);
	answer->length = sizeof writer.bytes - writer.at;
	memcpy(answer->data, writer.bytes + writer.at, answer->length);
	return SW_OK;
}

/* Which file is the key, and the way it is used. */
unsigned eid_environment(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	struct tlv element;

	(void)answer;
	if (!tlv_find(apdu->data, apdu->length, TAG_FILE, &element) || element.length != 2)
		return SW_DATA;
	card->key = eid_number(element.data);
	card->way = WAY_RAW;
	if (tlv_find(apdu->data, apdu->length, TAG_WAY, &element) && element.length == 1)
		card->way = element.data[0];
	return store_has(card->key) ? SW_OK : SW_NO_REFERENCE;
}

static unsigned use(const struct card *card, EVP_PKEY *key, const struct apdu *apdu, struct answer *answer)
{
	const struct key_way way = {.padding = card->way == WAY_ECDSA	? 0
					       : card->way == WAY_PKCS1 ? RSA_PKCS1_PADDING
									: RSA_NO_PADDING};
	struct tlv data = {.data = apdu->data, .length = apdu->length};

	if (apdu->length == 0 || (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC) != (card->way == WAY_ECDSA))
		return SW_DATA;
	if (apdu->p1 == OPERATION_SIGN)
		return key_sign(key, &way, &data, answer) ? SW_OK : SW_DATA;
	if (apdu->p1 != OPERATION_DECIPHER || card->way == WAY_ECDSA)
		return SW_PARAMETERS;
	data.data++; /* a padding indicator is before the cryptogram */
	data.length--;
	return key_decipher(key, way.padding, &data, answer) ? SW_OK : SW_DATA;
}

unsigned eid_use(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	struct eid_file file;
	EVP_PKEY *key = eid_load(card->key, &file) ? read_key(&file) : NULL;
	unsigned status = SW_NO_REFERENCE;

	if (key)
		status = eid_forbids(card, &file, ACCESS_USE) ? SW_NOT_ALLOWED : use(card, key, apdu, answer);
	EVP_PKEY_free(key);
	return status;
}
