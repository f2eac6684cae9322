/* One driver profile: decoding, matching. */
#include "profile.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The last key type of PKCS#11 3.0: CKK_EC_EDWARDS. */
#define LAST_STANDARD_KEY_TYPE 0x40

struct reading {
	struct kh_buffer *complaint;
	bool failed;
};

static void complain(struct reading *reading, const char *path, const char *what)
{
	if (!reading->failed)
		kh_buffer_printf(reading->complaint, "%s %s", path, what);
	reading->failed = true;
}

/* text NULL: not given. */
static unsigned long number(struct reading *reading, const char *path, const char *text)
{
	unsigned long long value;
	char *end;

	if (!text)
		return KH_NO_NUMBER;
	errno = 0;
	value = strtoull(text, &end, 16);
	if (strncmp(text, "0x", 2) != 0 || !isxdigit((unsigned char)text[2]) || *end || errno)
		complain(reading, path, "is no hexadecimal number such as \"0x80000004\"");
	else if (value >= KH_NO_NUMBER)
		complain(reading, path, "is too large");
	return (unsigned long)value;
}

static struct kh_profile_way way(struct reading *reading, const char *path, const struct kh_profile_cipher *cipher)
{
	if (!cipher)
		return (struct kh_profile_way){KH_NO_NUMBER, KH_PROFILE_CIPHER_CIPHER_NONE};
	return (struct kh_profile_way){number(reading, path, cipher->mechanism), cipher->cipher};
}

static void read_sm2(struct reading *reading, const struct kh_profile_sm2 *file, struct kh_profile *out)
{
	static const struct kh_profile_sm2 none = {.key_type = NULL};

	out->sm2 = file;
	file = file ? file : &none;
	out->sm2_key_type = number(reading, "sm2.keyType", file->key_type);
	out->sm2_pair = number(reading, "sm2.pair", file->pair);
	out->sm2_curve = !file->has_curve || file->curve;
	out->sm2_point = file->point ? file->point : KH_PROFILE_SM2_POINT_OCTET;
	out->sm2_sign = number(reading, "sm2.sign.mechanism", file->sign.mechanism);
	out->sm2_sign_input = file->sign.input;
	out->sm2_sign_output = file->sign.output;
	out->sm2_decrypt = way(reading, "sm2.decrypt.mechanism", file->decrypt);
	out->sm2_unwrap = way(reading, "sm2.unwrap.mechanism", file->unwrap);
	out->sm2_envelope =
		number(reading, "sm2.envelope.mechanism", file->envelope ? file->envelope->mechanism : NULL);
	/* Numbers the standard uses are no vendor's: taken for SM2, they would turn other keys into it. */
	if (out->sm2 && out->sm2_key_type <= LAST_STANDARD_KEY_TYPE && !reading->failed)
		complain(reading, "sm2.keyType", "is a key type of the standard");
}

static void read_match(struct reading *reading, const struct kh_profile_file *file)
{
	for (size_t i = 0; i < file->match_count; i++) {
		char path[32];

		snprintf(path, sizeof(path), "match.%zu", i);
		if (!file->match[i].library && !file->match[i].manufacturer && !file->match[i].version)
			complain(reading, path, "fits every module");
	}
}

static bool hexadecimal(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (!isxdigit((unsigned char)text[i]))
			return false;
	}
	return true;
}

static void read_usb(struct reading *reading, const struct kh_profile_file *file)
{
	for (size_t i = 0; i < file->usb_count; i++) {
		const char *id = file->usb[i].id;
		char path[32];

		snprintf(path, sizeof(path), "usb.%zu.id", i);
		if (!hexadecimal(id, 4) || id[4] != ':' || !hexadecimal(id + 5, 4))
			complain(reading, path, "is no vendor:product such as \"096e:0807\"");
	}
}

/* Pairs with a colon between two; .. for any byte. */
static void read_atr(struct reading *reading, const struct kh_profile_file *file)
{
	for (size_t i = 0; i < file->atr_count; i++) {
		const char *text = file->atr[i].atr;
		char path[32];

		snprintf(path, sizeof(path), "atr.%zu.atr", i);
		while (hexadecimal(text, 2) || strncmp(text, "..", 2) == 0) {
			text += 2;
			if (*text != ':')
				break;
			text++;
		}
		if (*text != '\0' || text[-1] == ':')
			complain(reading, path, "is no ATR such as \"3B:..:94\"");
	}
}

static void complain_decoding(struct kh_buffer *complaint, const struct kh_error *error)
{
	if (!error->field[0]) {
		kh_buffer_printf(complaint, "is no JSON object a profile can be read from%s%s",
				 error->value[0] ? ", line:column " : "", error->value);
		return;
	}
	kh_buffer_printf(complaint, "%s ", error->field);
	kh_allowed(&kh_profile_file_type, error->field, "en", complaint);
}

bool kh_profile_read(const char *text, size_t length, struct kh_profile *out, struct kh_buffer *complaint)
{
	struct reading reading = {complaint, false};
	struct kh_error error = {0};

	*out = (struct kh_profile){.sm2 = false};
	if (kh_decode(&kh_profile_file_type, text, length, &out->file, &error) != KH_OK) {
		complain_decoding(complaint, &error);
		return false;
	}
	read_match(&reading, &out->file);
	read_usb(&reading, &out->file);
	read_atr(&reading, &out->file);
	read_sm2(&reading, out->file.sm2, out);
	out->sm4_key_type = number(&reading, "sm4.keyType", out->file.sm4 ? out->file.sm4->key_type : NULL);
	out->sm4_ecb = number(&reading, "sm4.ecb", out->file.sm4 ? out->file.sm4->ecb : NULL);
	out->rsa_unwrap = number(&reading, "rsa.unwrap", out->file.rsa ? out->file.rsa->unwrap : NULL);
	if (reading.failed)
		kh_profile_clear(out);
	return !reading.failed;
}

void kh_profile_clear(struct kh_profile *profile)
{
	kh_clear(&kh_profile_file_type, &profile->file);
	*profile = (struct kh_profile){.sm2 = false};
}

static bool same_letter(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

bool kh_profile_glob(const char *pattern, const char *text)
{
	const char *star = NULL;
	const char *from = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = pattern++;
			from = text;
		} else if (*pattern && (*pattern == '?' || same_letter(*pattern, *text))) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star + 1;
			text = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static bool fits(const struct kh_profile_match *match, const char *library, const char *manufacturer,
		 const char *version)
{
	return (!match->library || kh_profile_glob(match->library, library)) &&
	       (!match->manufacturer || kh_profile_glob(match->manufacturer, manufacturer)) &&
	       (!match->version || kh_profile_glob(match->version, version));
}

const struct kh_profile *kh_profiles_match(const struct kh_profiles *profiles, const char *library,
					   const char *manufacturer, const char *version)
{
	for (size_t i = 0; i < profiles->count; i++) {
		const struct kh_profile_file *file = &profiles->items[i].file;

		for (size_t k = 0; k < file->match_count; k++) {
			if (fits(&file->match[k], library, manufacturer, version))
				return &profiles->items[i];
		}
	}
	return NULL;
}
