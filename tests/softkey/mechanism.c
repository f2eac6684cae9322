/*
 * What the token can do, one row a mechanism: the standard's here, a vendor's
 * in vendor.c. The file DIR/mechanisms takes some away: lines NUMBER [FLAG…].
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "softkey.h"

#define ROWS 64
#define PAIR (CKF_HW | CKF_GENERATE_KEY_PAIR)
#define SIGN (CKF_HW | CKF_SIGN | CKF_VERIFY)
#define EC (CKF_EC_F_P | CKF_EC_NAMEDCURVE | CKF_EC_UNCOMPRESS)
#define UNWRAP (CKF_HW | CKF_UNWRAP)

static const struct mechanism standard[] = {
	{CKM_RSA_PKCS_KEY_PAIR_GEN, WORK_RSA_PAIR, CKK_RSA, NULL, 1024, 4096, PAIR, false},
	{CKM_EC_KEY_PAIR_GEN, WORK_EC_PAIR, CKK_EC, NULL, 256, 384, PAIR | EC, false},
	{CKM_EC_EDWARDS_KEY_PAIR_GEN, WORK_EDWARDS_PAIR, CKK_EC_EDWARDS, NULL, 255, 255, PAIR, false},
	{CKM_RSA_PKCS, WORK_RSA, CKK_RSA, NULL, 1024, 4096, SIGN | CKF_DECRYPT | CKF_UNWRAP, false},
	{CKM_SHA256_RSA_PKCS, WORK_RSA, CKK_RSA, "SHA256", 1024, 4096, SIGN, false},
	{CKM_SHA384_RSA_PKCS, WORK_RSA, CKK_RSA, "SHA384", 1024, 4096, SIGN, false},
	{CKM_SHA512_RSA_PKCS, WORK_RSA, CKK_RSA, "SHA512", 1024, 4096, SIGN, false},
	{CKM_RSA_PKCS_OAEP, WORK_OAEP, CKK_RSA, NULL, 1024, 4096, UNWRAP | CKF_DECRYPT, false},
	{CKM_RSA_AES_KEY_WRAP, WORK_RSA_AES, CKK_RSA, NULL, 1024, 4096, UNWRAP, false},
	{CKM_AES_KEY_WRAP_PAD, WORK_KWP, CKK_AES, NULL, 16, 32, UNWRAP, false},
	{CKM_AES_KEY_WRAP_KWP, WORK_KWP, CKK_AES, NULL, 16, 32, UNWRAP, false},
	{CKM_ECDSA, WORK_ECDSA, CKK_EC, NULL, 256, 384, SIGN | EC, false},
	{CKM_ECDSA_SHA256, WORK_ECDSA, CKK_EC, "SHA256", 256, 384, SIGN | EC, false},
	{CKM_ECDSA_SHA384, WORK_ECDSA, CKK_EC, "SHA384", 256, 384, SIGN | EC, false},
	{CKM_EDDSA, WORK_EDDSA, CKK_EC_EDWARDS, NULL, 255, 255, SIGN, false},
	{CKM_SHA_1, WORK_DIGEST, 0, "SHA1", 0, 0, CKF_DIGEST, false},
	{CKM_SHA256, WORK_DIGEST, 0, "SHA256", 0, 0, CKF_DIGEST, false},
	{CKM_SHA384, WORK_DIGEST, 0, "SHA384", 0, 0, CKF_DIGEST, false},
	{CKM_SHA512, WORK_DIGEST, 0, "SHA512", 0, 0, CKF_DIGEST, false},
};

static struct mechanism rows[ROWS];
static size_t row_count;

static CK_FLAGS flag_named(const char *word)
{
	static const struct {
		const char *name;
		CK_FLAGS flag;
	} names[] = {
		{"sign", CKF_SIGN | CKF_VERIFY},
		{"decrypt", CKF_DECRYPT},
		{"unwrap", CKF_UNWRAP},
		{"pair", CKF_GENERATE_KEY_PAIR},
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i].name, word) == 0)
			return names[i].flag;
	fprintf(stderr, "softkey: an unknown word in mechanisms: %s\n", word);
	abort();
}

/* "0x1054": all of it; "0x9 unwrap": only that. */
static void take_away(char *line)
{
	char *end, *rest;
	CK_MECHANISM_TYPE type = strtoul(line, &end, 0);
	CK_FLAGS flags = 0;

	for (char *word = strtok_r(end, " \t\n", &rest); word; word = strtok_r(NULL, " \t\n", &rest))
		flags |= flag_named(word);
	for (size_t i = 0; i < row_count; i++)
		if (rows[i].type == type)
			rows[i].flags &= flags ? ~flags : 0;
}

static void add(const struct mechanism *list, size_t count)
{
	if (count > ROWS - row_count)
		abort();
	if (count > 0)
		memcpy(rows + row_count, list, count * sizeof *list);
	row_count += count;
}

/* A row that can do nothing any more goes. */
static void drop_empty(void)
{
	size_t kept = 0;

	for (size_t i = 0; i < row_count; i++)
		if (rows[i].flags & ~(CKF_HW | EC))
			rows[kept++] = rows[i];
	row_count = kept;
}

CK_RV mechanisms_load(void)
{
	char path[PATH], line[128];
	CK_RV rv = vendor_load();
	FILE *file;

	row_count = 0;
	add(standard, sizeof standard / sizeof *standard);
	add(vendor->rows, vendor->row_count);
	snprintf(path, sizeof path, "%.300s/mechanisms", store_path());
	file = fopen(path, "re");
	while (file && fgets(line, sizeof line, file))
		take_away(line);
	if (file)
		fclose(file);
	drop_empty();
	return rv;
}

const struct mechanism *mechanism_find(CK_MECHANISM_TYPE type, CK_FLAGS flag)
{
	for (size_t i = 0; i < row_count; i++)
		if (rows[i].type == type && (rows[i].flags & flag))
			return &rows[i];
	return NULL;
}

CK_RV soft_GetMechanismList(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *count)
{
	struct token token;
	CK_RV rv = slot_token(slot, &token);

	if (rv != CKR_OK)
		return rv;
	if (!count)
		return CKR_ARGUMENTS_BAD;
	if (list && *count < row_count)
		rv = CKR_BUFFER_TOO_SMALL;
	for (size_t i = 0; rv == CKR_OK && list && i < row_count; i++)
		list[i] = rows[i].type;
	*count = row_count;
	return rv;
}

CK_RV soft_GetMechanismInfo(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info)
{
	const struct mechanism *mechanism = mechanism_find(type, ~0UL);
	struct token token;
	CK_RV rv = slot_token(slot, &token);

	if (rv != CKR_OK)
		return rv;
	if (!mechanism)
		return CKR_MECHANISM_INVALID;
	if (!info)
		return CKR_ARGUMENTS_BAD;
	*info = (CK_MECHANISM_INFO){mechanism->minimum, mechanism->maximum, mechanism->flags};
	return CKR_OK;
}
