/* The families: their ATRs and tables of commands. */
#include <openssl/rand.h>
#include <string.h>

#include "eid.h"
#include "hsm.h"

static unsigned challenge(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	(void)card;
	answer->length = apdu->expected < 1024 ? apdu->expected : 1024;
	return RAND_bytes(answer->data, (int)answer->length) == 1 ? SW_OK : SW_FAILED;
}

static const unsigned char hsm_atr[] = {0x3b, 0xfe, 0x18, 0x00, 0x00, 0x81, 0x31, 0xfe, 0x45, 0x80, 0x31, 0x81,
					0x54, 0x48, 0x53, 0x4d, 0x31, 0x73, 0x80, 0x21, 0x40, 0x81, 0x07, 0xfa};

static const struct row hsm_rows[] = {
	{0x00, 0x20, "VERIFY", false, false, hsm_verify},
	{0x00, 0x24, "CHANGE", false, false, hsm_change},
	{0x00, 0x2c, "RESET_RETRY", false, false, hsm_reset},
	{0x00, 0x46, "GENERATE", true, true, hsm_generate},
	{0x00, 0x84, "CHALLENGE", false, false, challenge},
	{0x00, 0xa4, "SELECT", false, false, hsm_select},
	{0x00, 0xb1, "READ", false, false, hsm_read},
	{0x00, 0xd7, "UPDATE", true, true, hsm_update},
	{0x00, 0xe4, "DELETE", true, true, hsm_delete},
	{0x80, 0x50, "INITIALIZE", true, false, hsm_initialize},
	{0x80, 0x58, "ENUMERATE", false, false, hsm_enumerate},
	{0x80, 0x62, "DECIPHER", false, true, hsm_use},
	{0x80, 0x68, "SIGN", false, true, hsm_use},
	{0, 0, "OTHER", false, false, NULL},
};

/* Its historical bytes are "MyEID". */
static const unsigned char eid_atr[] = {0x3b, 0xf5, 0x18, 0x00, 0x00, 0x81, 0x31, 0xfe,
					0x45, 0x4d, 0x79, 0x45, 0x49, 0x44, 0x9a};

/* Who may do what, its files say. */
static const struct row eid_rows[] = {
	{0x00, 0x20, "VERIFY", false, false, eid_verify},
	{0x00, 0x22, "ENVIRONMENT", false, false, eid_environment},
	{0x00, 0x24, "CHANGE", false, false, eid_change},
	{0x00, 0x2a, "OPERATION", false, false, eid_use},
	{0x00, 0x2c, "RESET_RETRY", false, false, eid_reset},
	{0x00, 0x2e, "LOGOUT", false, false, eid_logout},
	{0x00, 0x44, "ACTIVATE", true, false, eid_activate},
	{0x00, 0x46, "GENERATE", true, false, eid_generate},
	{0x00, 0x84, "CHALLENGE", false, false, challenge},
	{0x00, 0xa4, "SELECT", false, false, eid_select},
	{0x00, 0xb0, "READ", false, false, eid_read},
	{0x00, 0xca, "GET_DATA", false, false, eid_get},
	{0x00, 0xd6, "UPDATE", true, false, eid_update},
	{0x00, 0xda, "PUT_DATA", true, false, eid_put},
	{0x00, 0xe0, "CREATE", true, false, eid_create},
	{0xa0, 0xe4, "DELETE", true, false, eid_delete},
	{0, 0, "OTHER", false, false, NULL},
};

static const struct family families[] = {
	{"sc-hsm", hsm_atr, sizeof hsm_atr, hsm_rows, hsm_make},
	{"myeid", eid_atr, sizeof eid_atr, eid_rows, eid_make},
};

const struct family *family_find(const char *name)
{
	for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
		if (strcmp(families[i].name, name) == 0)
			return &families[i];
	return NULL;
}

static bool has(const struct row *row, const char *name)
{
	while (row->work && strcmp(row->name, name) != 0)
		row++;
	return strcmp(row->name, name) == 0;
}

bool family_has(const char *name)
{
	return has(hsm_rows, name) || has(eid_rows, name);
}
