/* SM2: the digest, both forms of a signature, and what a token is given, all beside OpenSSL's own. */
#include "x509/sm2.h"

#include "issue.h"
#include "key/key.h"
#include "key/sign.h"
#include "profile.h"
#include "stub.h"

static struct kh_module module;
static struct kh_token token;
static struct kh_profile profile;
static EVP_PKEY *key;
static struct kh_bytes spki; /* of key */

static int setup(void **state)
{
	(void)state;
	stub_start(&module, &token);
	token.open = true;
	profile = (struct kh_profile){
		.sm2 = true,
		.sm2_key_type = 0x80000004,
		.sm2_pair = 0x80008001,
		.sm2_curve = true,
		.sm2_point = KH_PROFILE_SM2_POINT_OCTET,
		.sm2_sign = 0x80008105,
		.sm2_decrypt = {0x80008201, KH_PROFILE_CIPHER_CIPHER_DER},
		.sm2_unwrap = {KH_NO_NUMBER, KH_PROFILE_CIPHER_CIPHER_NONE},
		.sm2_envelope = KH_NO_NUMBER,
		.sm2_sign_input = KH_PROFILE_SIGN_INPUT_DIGEST,
		.sm2_sign_output = KH_PROFILE_SIGN_OUTPUT_RAW,
	};
	module.profile = &profile;
	key = make_key(KH_ANY_KEY_TYPE_SM2);
	spki.data = NULL;
	spki.length = (size_t)i2d_PUBKEY(key, &spki.data);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kh_inventory_clear(&token.inventory);
	OPENSSL_free(spki.data);
	EVP_PKEY_free(key);
	return 0;
}

/* SM2 over a digest, DER; what a token does. */
static size_t sign_digest(const uint8_t *digest, uint8_t der[80])
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
	size_t size = 80;

	assert_int_equal(EVP_PKEY_sign_init(context), 1);
	assert_int_equal(EVP_PKEY_sign(context, der, &size, digest, KH_SM2_DIGEST), 1);
	EVP_PKEY_CTX_free(context);
	return size;
}

/* OpenSSL's own way from a message to a verified signature. */
static bool verify(const char *message, size_t length, const char *id, const uint8_t *der, size_t size)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY_CTX *parameters = NULL;
	bool good;

	assert_int_equal(EVP_DigestVerifyInit(context, &parameters, EVP_sm3(), NULL, key), 1);
	assert_int_equal(EVP_PKEY_CTX_set1_id(parameters, id, (int)strlen(id)), 1);
	good = EVP_DigestVerify(context, der, size, (const unsigned char *)message, length) == 1;
	EVP_MD_CTX_free(context);
	return good;
}

static void test_digest(void **state)
{
	static const char message[] = "message";
	EVP_PKEY *other = make_key(KH_ANY_KEY_TYPE_EC_P256);
	unsigned char *other_der = NULL;
	struct kh_span other_spki = {NULL, (size_t)i2d_PUBKEY(other, &other_der)};
	struct kh_span own = {spki.data, spki.length};
	uint8_t digest[KH_SM2_DIGEST];
	uint8_t der[80];
	size_t size;

	(void)state;
	other_spki.data = other_der;
	assert_true(kh_sm2_digest(own, message, sizeof(message), digest));
	size = sign_digest(digest, der);
	assert_true(verify(message, sizeof(message), "1234567812345678", der, size));
	assert_false(verify(message, sizeof(message) - 1, "1234567812345678", der, size));
	assert_false(verify(message, sizeof(message), "", der, size));
	assert_false(kh_sm2_digest(other_spki, message, sizeof(message), digest));
	assert_false(kh_sm2_digest((struct kh_span){spki.data, spki.length - 1}, message, sizeof(message), digest));
	OPENSSL_free(other_der);
	EVP_PKEY_free(other);
}

/* DER to raw and back, until short numbers and leading zeros have come by. */
static void test_forms(void **state)
{
	uint8_t digest[KH_SM2_DIGEST] = {0};

	(void)state;
	for (unsigned i = 0; i < 600; i++) {
		struct kh_buffer raw = {0}, back = {0};
		uint8_t both[KH_SM2_RAW];
		uint8_t der[80];
		size_t size;

		digest[i % KH_SM2_DIGEST]++;
		size = sign_digest(digest, der);
		assert_true(kh_sm2_raw((struct kh_span){der, size}, both));
		kh_buffer_append(&raw, both, sizeof(both));
		kh_sign_put_value(KH_ANY_KEY_TYPE_SM2, &raw, &back);
		assert_int_equal(back.length, size);
		assert_memory_equal(back.data, der, size);
		assert_false(kh_sm2_raw((struct kh_span){der, size - 1}, both));
		kh_buffer_finish(&raw);
		kh_buffer_finish(&back);
	}
}

static void test_no_signature(void **state)
{
	static const struct {
		const char *der;
		size_t length;
	} rows[] = {
		{"", 0},
		{"\x30\x00", 2},
		{"\x30\x03\x02\x01\x01", 5},
		{"\x30\x07\x02\x01\x01\x02\x01\x01\x00", 9},
		{"\x30\x06\x02\x01\x01\x04\x01\x01", 8},
		{"\x30\x06\x02\x01\x01\x02\x01\x01\x00", 9},
	};
	uint8_t long_number[40] = {0x30, 38, 0x02, 33, 0x01};
	uint8_t raw[KH_SM2_RAW];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_false(kh_sm2_raw((struct kh_span){(const uint8_t *)rows[i].der, rows[i].length}, raw));
	memcpy(long_number + 37, "\x02\x01\x01", 3);
	assert_false(kh_sm2_raw((struct kh_span){long_number, sizeof(long_number)}, raw));
	assert_true(kh_sm2_raw((struct kh_span){(const uint8_t *)"\x30\x06\x02\x01\x01\x02\x01\x02", 8}, raw));
	assert_int_equal(raw[31], 1);
	assert_int_equal(raw[63], 2);
}

static CK_MECHANISM_TYPE asked;
static CK_RV note_mechanism(CK_MECHANISM_TYPE type)
{
	asked = type;
	return CKR_OK;
}

/* A token that signs digests, or hashes itself; gives r and s, or DER. */
static bool token_hashes, token_der;
static size_t token_length; /* of a raw answer that is wrong */

static CK_RV sign_on_token(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG length, CK_BYTE_PTR signature,
			   CK_ULONG_PTR size)
{
	uint8_t digest[KH_SM2_DIGEST];
	uint8_t der[80];
	size_t der_size;

	(void)session;
	if (token_hashes)
		assert_true(kh_sm2_digest((struct kh_span){spki.data, spki.length}, data, length, digest));
	else
		assert_int_equal(length, sizeof(digest));
	der_size = sign_digest(token_hashes ? digest : data, der);
	if (token_der)
		memcpy(signature, der, der_size);
	else
		assert_true(kh_sm2_raw((struct kh_span){der, der_size}, signature));
	*size = token_der ? der_size : token_length;
	return CKR_OK;
}

static enum kh_code sign_message(struct kh_buffer *out)
{
	static const struct kh_object object = {.handle = 12};
	const struct kh_signer signer = {&token, &object, {spki.data, spki.length}};

	kh_buffer_cut(out, 0);
	stub.sign_init = note_mechanism;
	stub_functions.C_Sign = sign_on_token;
	return kh_sign_checked(&signer, "message", 7, out, NULL);
}

static void expect_good(struct kh_buffer *out)
{
	assert_int_equal(sign_message(out), KH_OK);
	assert_int_equal(asked, 0x80008105);
	assert_int_equal(out->length, KH_SM2_RAW);
	assert_true(kh_sign_verify(&spki, KH_ANY_KEY_TYPE_SM2, "message", 7, out));
	assert_false(kh_sign_verify(&spki, KH_ANY_KEY_TYPE_SM2, "Message", 7, out));
}

static void test_signing(void **state)
{
	struct kh_buffer out = {0};

	(void)state;
	token_length = KH_SM2_RAW;
	for (int kind = 0; kind < 4; kind++) {
		token_hashes = kind & 1;
		token_der = kind & 2;
		profile.sm2_sign_input = token_hashes ? KH_PROFILE_SIGN_INPUT_MESSAGE : KH_PROFILE_SIGN_INPUT_DIGEST;
		profile.sm2_sign_output = token_der ? KH_PROFILE_SIGN_OUTPUT_DER : KH_PROFILE_SIGN_OUTPUT_RAW;
		expect_good(&out);
	}
	/* A token that hashes the digest it is given. */
	token_der = false;
	token_hashes = true;
	profile.sm2_sign_input = KH_PROFILE_SIGN_INPUT_DIGEST;
	profile.sm2_sign_output = KH_PROFILE_SIGN_OUTPUT_RAW;
	assert_int_equal(sign_message(&out), KH_TOKEN_FAILED);
	assert_int_equal(out.length, 0);
	token_hashes = false;
	token_length = 63;
	assert_int_equal(sign_message(&out), KH_TOKEN_FAILED);
	module.profile = NULL;
	assert_int_equal(sign_message(&out), KH_TOKEN_UNSUPPORTED);
	kh_buffer_finish(&out);
}

static void test_names(void **state)
{
	struct kh_buffer der = {0};
	const unsigned char *in;
	X509_ALGOR *algorithm;

	(void)state;
	assert_string_equal(kh_sign_jws_name(KH_ANY_KEY_TYPE_SM2), "SM2SM3");
	assert_int_equal(kh_sign_put_algorithm(KH_ANY_KEY_TYPE_SM2, &der, NULL), KH_OK);
	in = (const unsigned char *)der.data;
	algorithm = d2i_X509_ALGOR(NULL, &in, (long)der.length);
	assert_int_equal(OBJ_obj2nid(algorithm->algorithm), NID_SM2_with_SM3);
	X509_ALGOR_free(algorithm);
	kh_buffer_finish(&der);
}

static const CK_ATTRIBUTE *find(CK_ATTRIBUTE_PTR template, CK_ULONG count, CK_ATTRIBUTE_TYPE type)
{
	for (CK_ULONG i = 0; i < count; i++) {
		if (template[i].type == type)
			return &template[i];
	}
	return NULL;
}

static bool is_number(const CK_ATTRIBUTE *attribute, CK_ULONG value)
{
	return attribute && attribute->ulValueLen == sizeof(value) &&
	       memcmp(attribute->pValue, &value, sizeof(value)) == 0;
}

static bool curve_wanted;

static CK_RV generate(CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR public, CK_ULONG public_count,
		      CK_ATTRIBUTE_PTR private, CK_ULONG private_count)
{
	assert_int_equal(mechanism->mechanism, 0x80008001);
	assert_true(is_number(find(public, public_count, CKA_KEY_TYPE), 0x80000004));
	assert_true(is_number(find(private, private_count, CKA_KEY_TYPE), 0x80000004));
	assert_int_equal(find(public, public_count, CKA_EC_PARAMS) != NULL, curve_wanted);
	assert_true(find(private, private_count, CKA_DECRYPT) && find(public, public_count, CKA_ENCRYPT));
	assert_false(find(private, private_count, CKA_UNWRAP) || find(public, public_count, CKA_WRAP));
	return CKR_OK;
}

static struct kh_span point; /* what a key object says of its point */
static CK_KEY_TYPE object_type;

static CK_RV give(CK_ATTRIBUTE_PTR attribute, const void *value, size_t length)
{
	if (attribute->ulValueLen < length)
		return CKR_BUFFER_TOO_SMALL;
	memcpy(attribute->pValue, value, length);
	attribute->ulValueLen = length;
	return CKR_OK;
}

/* 11 is a public key, 12 a private one that tells no point. */
static CK_RV read_key(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR template, CK_ULONG count)
{
	CK_OBJECT_CLASS class = object == 11 ? CKO_PUBLIC_KEY : CKO_PRIVATE_KEY;
	CK_RV rv = CKR_OK;

	for (CK_ULONG i = 0; i < count; i++) {
		if (template[i].type == CKA_CLASS)
			rv |= give(&template[i], &class, sizeof(class));
		else if (template[i].type == CKA_KEY_TYPE)
			rv |= give(&template[i], &object_type, sizeof(object_type));
		else if (template[i].type == CKA_EC_POINT && object == 11)
			rv |= give(&template[i], point.data, point.length);
		else if (template[i].type == CKA_ID)
			rv |= give(&template[i], "id", 2);
		else
			template[i].ulValueLen = CK_UNAVAILABLE_INFORMATION;
	}
	return rv == CKR_OK ? CKR_ATTRIBUTE_TYPE_INVALID : rv;
}

static struct kh_object *read_public(void)
{
	struct kh_object *object;

	assert_int_equal(kh_inventory_add(&token, 11, CKO_PUBLIC_KEY, &object, NULL), KH_OK);
	return object;
}

/* A vendor's key type is SM2 to the profile that says so, with any form of
 * point; without a profile it is nothing, and no failure. */
static void test_keys_of_a_vendor(void **state)
{
	struct kh_buffer octets = {0};
	struct kh_span bits;

	(void)state;
	assert_true(kh_spki_bits((struct kh_span){spki.data, spki.length}, &bits));
	kh_der_put(&octets, KH_DER_OCTET_STRING, bits.data, bits.length);
	const struct kh_span forms[] = {
		bits, {bits.data + 1, bits.length - 1}, {(const uint8_t *)octets.data, octets.length}};
	stub.read = read_key;
	object_type = 0x80000004;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		point = forms[i];
		struct kh_object *object = read_public();

		assert_int_equal(object->key_type, KH_ANY_KEY_TYPE_SM2);
		assert_int_equal(object->spki.length, spki.length);
		assert_memory_equal(object->spki.data, spki.data, spki.length);
	}
	module.profile = NULL;
	assert_int_equal(read_public()->key_type, KH_ANY_KEY_TYPE_OTHER);
	assert_int_equal(read_public()->spki.length, 0);
	kh_buffer_finish(&octets);
}

static void test_generating(void **state)
{
	struct kh_order_mark mark;
	struct kh_object *made;
	struct kh_span bits;

	(void)state;
	assert_true(kh_spki_bits((struct kh_span){spki.data, spki.length}, &bits));
	point = bits;
	object_type = 0x80000004;
	stub.read = read_key;
	stub.generate = generate;
	kh_order_mark(&mark, "S-1");
	for (int turn = 0; turn < 2; turn++) {
		profile.sm2_curve = curve_wanted = turn == 0;
		assert_int_equal(kh_key_generate(&token, KH_KEY_TYPE_SM2, &mark, &made, NULL), KH_OK);
		assert_int_equal(made->key_type, KH_ANY_KEY_TYPE_SM2);
	}
	module.profile = NULL;
	assert_int_equal(kh_key_generate(&token, KH_KEY_TYPE_SM2, &mark, &made, NULL), KH_TOKEN_UNSUPPORTED);
}

static struct kh_buffer created; /* CKA_EC_POINT of the object that was written */

static CK_RV create(CK_SESSION_HANDLE session, CK_ATTRIBUTE_PTR template, CK_ULONG count, CK_OBJECT_HANDLE_PTR object)
{
	const CK_ATTRIBUTE *value = find(template, count, CKA_EC_POINT);

	(void)session;
	assert_non_null(value);
	assert_true(is_number(find(template, count, CKA_KEY_TYPE), 0x80000004));
	kh_buffer_cut(&created, 0);
	kh_buffer_append(&created, value->pValue, value->ulValueLen);
	point = (struct kh_span){(const uint8_t *)created.data, created.length};
	*object = 11;
	return note("C_CreateObject");
}

static void test_writing(void **state)
{
	static const struct {
		enum kh_profile_sm2_point form;
		size_t length;
	} rows[] = {{KH_PROFILE_SM2_POINT_OCTET, 67}, {KH_PROFILE_SM2_POINT_RAW, 65}, {KH_PROFILE_SM2_POINT_BARE, 64}};
	struct kh_order_mark mark;
	struct kh_object *made;

	(void)state;
	stub_functions.C_CreateObject = create;
	stub.read = read_key;
	object_type = 0x80000004;
	kh_order_mark(&mark, "S-1");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		profile.sm2_point = rows[i].form;
		assert_int_equal(kh_key_write_public(&token, &spki, &mark, &made, NULL), KH_OK);
		assert_int_equal(created.length, rows[i].length);
		assert_memory_equal(made->spki.data, spki.data, spki.length);
	}
	module.profile = NULL;
	assert_int_equal(kh_key_write_public(&token, &spki, &mark, &made, NULL), KH_TOKEN_UNSUPPORTED);
	assert_int_equal(called("C_CreateObject"), 3);
	kh_buffer_finish(&created);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_digest, setup, teardown),
		cmocka_unit_test_setup_teardown(test_forms, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_signature, setup, teardown),
		cmocka_unit_test_setup_teardown(test_signing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_keys_of_a_vendor, setup, teardown),
		cmocka_unit_test_setup_teardown(test_generating, setup, teardown),
		cmocka_unit_test_setup_teardown(test_writing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
