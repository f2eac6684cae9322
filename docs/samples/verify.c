/*
 * Verifies a proof or a receipt as a hall's server must; SM2 too. OpenSSL 3 and jansson:
 *
 *   cc -o verify verify.c -lcrypto -ljansson
 *   ./verify proof   JWS-FILE OLD-CERTIFICATE.pem ORDER ORIGIN SERIAL SHA256-OF-THE-REQUEST
 *   ./verify receipt JWS-FILE NEW-CERTIFICATE.pem ORDER ORIGIN SERIAL SHA256-OF-THE-CERTIFICATE
 *
 * The certificate is the one that the hall has for the order, never one that the page brings: that is what makes it
 * a proof. SHA256 is hex, of the DER. Prints "good", or what is wrong and ends with 1. As a short program it leaves
 * its memory to the system.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#define SECONDS 600 /* how far iat may be from our clock */
#define SM2_ID "1234567812345678"
#define JWS_MAX 65536

static const struct algorithm {
	const char *name;
	const char *key;
	const char *digest; /* NULL: the scheme has its own */
	int half;	    /* bytes of r and of s; 0: the signature is as OpenSSL takes it */
	int bits;	    /* of the curve */
} algorithms[] = {
	{"RS256", "RSA", "SHA256", 0, 0}, {"ES256", "EC", "SHA256", 32, 256}, {"ES384", "EC", "SHA384", 48, 384},
	{"EdDSA", "ED25519", NULL, 0, 0}, {"SM2SM3", "SM2", "SM3", 32, 256},
};

static void ends(const char *wrong)
{
	puts(!wrong ? "good" : wrong);
	exit(!wrong ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* base64url without padding; NULL: it is none. */
static unsigned char *decode(const char *text, size_t length, int *size)
{
	size_t padded = (length + 3) / 4 * 4;
	char *copy = calloc(1, padded + 1);
	unsigned char *out = calloc(1, padded + 1);

	memcpy(copy, text, length);
	for (size_t i = 0; i < length; i++) {
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", copy[i]))
			return NULL;
		copy[i] = copy[i] == '-' ? '+' : copy[i] == '_' ? '/' : copy[i];
	}
	memset(copy + length, '=', padded - length);
	*size = EVP_DecodeBlock(out, (unsigned char *)copy, (int)padded) - (int)(padded - length);
	return length == 0 || length % 4 == 1 || *size < 0 ? NULL : out;
}

static json_t *decode_json(const char *text, size_t length)
{
	int size = 0;
	unsigned char *bytes = decode(text, length, &size);

	return !bytes ? NULL : json_loadb((char *)bytes, (size_t)size, JSON_REJECT_DUPLICATES, NULL);
}

static X509 *read_certificate(const char *path)
{
	FILE *file = fopen(path, "r");

	return !file ? NULL : PEM_read_X509(file, NULL, NULL, NULL);
}

/* x5c[0] is standard base64 of the certificate's DER. */
static int is_certificate(const json_t *header, X509 *certificate)
{
	const char *given = json_string_value(json_array_get(json_object_get(header, "x5c"), 0));
	unsigned char *der = NULL;
	int length = i2d_X509(certificate, &der);
	char *own = calloc(1, (size_t)length * 2 + 8);

	EVP_EncodeBlock((unsigned char *)own, der, length);
	return given && strcmp(given, own) == 0;
}

static const struct algorithm *algorithm_for(const char *name, EVP_PKEY *key)
{
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(*algorithms); i++) {
		const struct algorithm *row = &algorithms[i];
		if (name && strcmp(row->name, name) == 0 && EVP_PKEY_is_a(key, row->key) &&
		    (row->bits == 0 || EVP_PKEY_get_bits(key) == row->bits))
			return row;
	}
	return NULL;
}

/* r and s side by side, as JWS has them, in the DER that OpenSSL takes. */
static unsigned char *to_der(const unsigned char *raw, int half, int *size)
{
	ECDSA_SIG *pair = ECDSA_SIG_new();
	unsigned char *der = NULL;

	if (*size != 2 * half)
		return NULL;
	ECDSA_SIG_set0(pair, BN_bin2bn(raw, half, NULL), BN_bin2bn(raw + half, half, NULL));
	*size = i2d_ECDSA_SIG(pair, &der);
	return der;
}

static int is_signed(const struct algorithm *row, EVP_PKEY *key, const char *jws, size_t length,
		     unsigned char *signature, int size)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY_CTX *of_key = EVP_PKEY_CTX_new(key, NULL);

	if (row->half)
		signature = to_der(signature, row->half, &size);
	if (strcmp(row->key, "SM2") == 0 && EVP_PKEY_CTX_set1_id(of_key, SM2_ID, strlen(SM2_ID)) != 1)
		return 0;
	EVP_MD_CTX_set_pkey_ctx(context, of_key);
	return signature && EVP_DigestVerifyInit_ex(context, NULL, row->digest, NULL, NULL, key, NULL) == 1 &&
	       EVP_DigestVerify(context, signature, (size_t)size, (const unsigned char *)jws, length) == 1;
}

static int says(const json_t *payload, const char *name, const char *value)
{
	const char *said = json_string_value(json_object_get(payload, name));

	return said && strcmp(said, value) == 0;
}

static void check(const char *jws, X509 *certificate, const char *const expected[4][2])
{
	const char *first = strchr(jws, '.');
	const char *second = !first ? NULL : strchr(first + 1, '.');
	int size = 0;
	unsigned char *signature = !second ? NULL : decode(second + 1, strlen(second + 1), &size);
	json_t *header = !signature ? NULL : decode_json(jws, (size_t)(first - jws));
	json_t *payload = !header ? NULL : decode_json(first + 1, (size_t)(second - first - 1));

	if (!payload)
		ends("format");
	if (json_object_size(header) != 3 || !says(header, "typ", "JWT") || !json_object_get(header, "alg"))
		ends("header");
	if (!is_certificate(header, certificate))
		ends("x5c");
	EVP_PKEY *key = X509_get0_pubkey(certificate);
	const struct algorithm *row = algorithm_for(json_string_value(json_object_get(header, "alg")), key);
	if (!row)
		ends("alg");
	if (!is_signed(row, key, jws, (size_t)(second - jws), signature, size))
		ends("signature");
	if (json_object_size(payload) != 5)
		ends("payload");
	for (int i = 0; i < 4; i++)
		if (!says(payload, expected[i][0], expected[i][1]))
			ends(expected[i][0]);
	json_t *iat = json_object_get(payload, "iat");
	long long away = json_integer_value(iat) - (long long)time(NULL);
	ends(json_is_integer(iat) && llabs(away) <= SECONDS ? NULL : "iat");
}

int main(int argc, char **argv)
{
	static char jws[JWS_MAX];
	FILE *file = argc == 8 ? fopen(argv[2], "r") : NULL;
	X509 *certificate = argc == 8 ? read_certificate(argv[3]) : NULL;

	if (!file || !certificate || fread(jws, 1, sizeof(jws) - 1, file) == 0) {
		fputs("verify: proof or receipt, and six more; see the head of verify.c\n", stderr);
		return 2;
	}
	jws[strcspn(jws, "\r\n")] = '\0';
	const char *const expected[4][2] = {
		{"order", argv[4]},
		{"origin", argv[5]},
		{"tokenSerial", argv[6]},
		{strcmp(argv[1], "proof") == 0 ? "csrSha256" : "certificateSha256", argv[7]},
	};
	check(jws, certificate, expected);
}
