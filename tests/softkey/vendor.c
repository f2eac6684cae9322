/* The numbers and habits of vendors for SM2, SM3 and SM4: where each is from says README.md. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "softkey.h"

#define PAIR (CKF_HW | CKF_GENERATE_KEY_PAIR)
#define SIGN (CKF_HW | CKF_SIGN | CKF_VERIFY)
#define OPEN (CKF_HW | CKF_DECRYPT | CKF_UNWRAP)

#define SANSEC_SM2 0x80000004UL
#define SANSEC_SM4 0x80000106UL
static const struct mechanism sansec[] = {
	{0x80008001, WORK_SM2_PAIR, SANSEC_SM2, NULL, 256, 256, PAIR, false},
	{0x80008104, WORK_SM2, SANSEC_SM2, NULL, 256, 256, SIGN, true},
	{0x80008105, WORK_SM2, SANSEC_SM2, NULL, 256, 256, SIGN, false},
	{0x80008100, WORK_SM2, SANSEC_SM2, "SM3", 256, 256, SIGN, false},
	{0x80008101, WORK_SM2, SANSEC_SM2, "SM3", 256, 256, SIGN, true},
	{0x80008102, WORK_SM2_MESSAGE, SANSEC_SM2, NULL, 256, 256, SIGN, false},
	{0x80008103, WORK_SM2_MESSAGE, SANSEC_SM2, NULL, 256, 256, SIGN, true},
	{0x80008200, WORK_SM2_CIPHER, SANSEC_SM2, NULL, 256, 256, OPEN, false},
	{0x80008201, WORK_SM2_CIPHER, SANSEC_SM2, NULL, 256, 256, OPEN, true},
	{0x80000108, WORK_SM4, SANSEC_SM4, NULL, 128, 128, CKF_HW | CKF_UNWRAP, false},
	{0x80002001, WORK_RSA_IMPORT, CKK_RSA, NULL, 1024, 4096, CKF_HW | CKF_UNWRAP, false},
	{0x80009001, WORK_DIGEST, 0, "SM3", 0, 0, CKF_DIGEST, false},
};

#define TASS_SM2 0x80000004UL
static const struct mechanism tass[] = {
	{0x80008001, WORK_SM2_PAIR, TASS_SM2, NULL, 256, 256, PAIR, false},
	{0x80008000, WORK_SM2, TASS_SM2, NULL, 256, 256, SIGN, false},
	{0x80008100, WORK_SM2_MESSAGE, TASS_SM2, NULL, 256, 256, SIGN, false},
	{0x80008200, WORK_SM2_CIPHER, TASS_SM2, NULL, 256, 256, CKF_HW | CKF_DECRYPT, false},
	{0x80008210, WORK_SM2_ENVELOPE, TASS_SM2, NULL, 256, 256, CKF_HW | CKF_UNWRAP, false},
	{0x80000005, WORK_DIGEST, 0, "SM3", 0, 0, CKF_DIGEST, false},
};

#define ROWS(list) list, sizeof list / sizeof *list
static const struct vendor vendors[] = {
	{"sansec", "SANSEC-like test", SANSEC_SM2, SANSEC_SM4, false, false, ROWS(sansec)},
	{"tass", "TASS-like test", TASS_SM2, CK_UNAVAILABLE_INFORMATION, true, true, ROWS(tass)},
};

static const struct vendor none = {
	"", "Keyhall tests", CK_UNAVAILABLE_INFORMATION, CK_UNAVAILABLE_INFORMATION, false, false, NULL, 0};
const struct vendor *vendor = &none;

CK_RV vendor_load(void)
{
	char path[PATH], word[NAME] = "";
	FILE *file;

	vendor = &none;
	snprintf(path, sizeof path, "%.300s/vendor", store_path());
	file = fopen(path, "re");
	if (!file)
		return CKR_OK;
	if (fscanf(file, "%31s", word) != 1)
		word[0] = 0;
	fclose(file);
	for (size_t i = 0; i < sizeof vendors / sizeof *vendors; i++)
		if (strcmp(vendors[i].name, word) == 0)
			vendor = &vendors[i];
	if (vendor != &none)
		return CKR_OK;
	fprintf(stderr, "softkey: an unknown vendor: %s\n", word);
	return CKR_GENERAL_ERROR;
}
