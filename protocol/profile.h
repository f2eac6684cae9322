/*
 * Driver profiles: which USB keys there are and what their drivers are called,
 * for the daemon; what a PKCS#11 module does its own way and calls SM2, SM4 and
 * its own ways to unwrap a key, as PKCS#11 has no numbers for them, for the
 * token host. The files' shape is profile.schema.json;
 * pkcs11/modules.d/README.md says where the packaged ones are from and how a
 * deployer adds one.
 *
 * A module that no profile fits makes no SM2 keys and signs with none; its
 * objects of unknown types stay as they are.
 */
#ifndef KH_PROTOCOL_PROFILE_H
#define KH_PROTOCOL_PROFILE_H

#include "bytes.h"
#include "profile_file.h"

/* A mechanism or key type the profile does not give: the module cannot do it.
 * Numbers are of PKCS#11's CK_ULONG. */
#define KH_NO_NUMBER (~0UL)
#define KH_PROFILES_MAX 128
#define KH_PROFILE_PROBLEMS_MAX 16 /* Host.profileProblems in the contract */

struct kh_profile_way {
	unsigned long mechanism;
	enum kh_profile_cipher_cipher cipher; /* form of an SM2 ciphertext */
};

/* A profile with its numbers read. */
struct kh_profile {
	struct kh_profile_file file;
	bool own; /* of the deployer's folder */
	bool sm2; /* the sm2_... below; without it they are KH_NO_NUMBER */
	unsigned long sm2_key_type;
	unsigned long sm2_pair;
	bool sm2_curve; /* templates have CKA_EC_PARAMS */
	enum kh_profile_sm2_point sm2_point;
	unsigned long sm2_sign;
	enum kh_profile_sign_input sm2_sign_input;
	enum kh_profile_sign_output sm2_sign_output;
	struct kh_profile_way sm2_decrypt;
	struct kh_profile_way sm2_unwrap;
	unsigned long sm2_envelope;
	unsigned long sm4_key_type;
	unsigned long sm4_ecb;
	unsigned long rsa_unwrap;
};

struct kh_profiles {
	struct kh_profile *items; /* in the order they are tried */
	size_t count;
	char *problems[KH_PROFILE_PROBLEMS_MAX]; /* for people: file and what is wrong with it */
	size_t problems_count;
};

/* The deployer's folder (NULL: none), then the packaged one, which is found from
 * the token host's program (NULL: the one that runs). A file or folder with an
 * error is a problem, never a failure; out of memory is one. */
KH_CHECKED enum kh_code kh_profiles_load(struct kh_profiles *out, const char *folder, const char *host,
					 struct kh_error *error);
/* One folder more; a name that is there already stays what it is. */
KH_CHECKED enum kh_code kh_profiles_add_folder(struct kh_profiles *profiles, const char *folder, bool own,
					       struct kh_error *error);
void kh_profiles_clear(struct kh_profiles *profiles);

/* Decodes one profile. What is wrong with it is appended to complaint, as
 * "sm2.keyType is no hexadecimal number", and the result is false. */
bool kh_profile_read(const char *text, size_t length, struct kh_profile *out, struct kh_buffer *complaint);
void kh_profile_clear(struct kh_profile *profile);

/* The first profile whose match fits; NULL: none. */
const struct kh_profile *kh_profiles_match(const struct kh_profiles *profiles, const char *library,
					   const char *manufacturer, const char *version);
/* * any characters, ? one; without regard to the case of ASCII letters. */
bool kh_profile_glob(const char *pattern, const char *text);

#endif
