/*
 * Module profiles: what a PKCS#11 module calls SM2, SM4 and its own ways to
 * unwrap a key, as PKCS#11 has no numbers for them. The files' shape is
 * protocol/profile.schema.json; modules.d/README.md says where the packaged
 * ones are from and how a deployer adds one.
 *
 * A module that no profile fits has none: module->profile is NULL, it makes no
 * SM2 keys and signs with none; its objects of unknown types stay as they are.
 */
#ifndef KH_PKCS11_TOKEN_PROFILE_H
#define KH_PKCS11_TOKEN_PROFILE_H

#include <p11-kit/pkcs11.h>

#include "bytes.h"
#include "profile_file.h"

/* A mechanism or key type the profile does not give: the module cannot do it. */
#define KH_NO_NUMBER CK_UNAVAILABLE_INFORMATION
#define KH_PROFILES_MAX 64
#define KH_PROFILE_PROBLEMS_MAX 16 /* Host.profileProblems in the contract */

struct kh_profile_way {
	CK_MECHANISM_TYPE mechanism;
	enum kh_profile_cipher_cipher cipher; /* form of an SM2 ciphertext */
};

/* A profile with its numbers read. */
struct kh_profile {
	struct kh_profile_file file; /* name, match */
	bool sm2;		     /* the sm2_... below; without it they are KH_NO_NUMBER */
	CK_KEY_TYPE sm2_key_type;
	CK_MECHANISM_TYPE sm2_pair;
	bool sm2_curve; /* templates have CKA_EC_PARAMS */
	enum kh_profile_sm2_point sm2_point;
	CK_MECHANISM_TYPE sm2_sign;
	enum kh_profile_sign_input sm2_sign_input;
	enum kh_profile_sign_output sm2_sign_output;
	struct kh_profile_way sm2_decrypt;
	struct kh_profile_way sm2_unwrap;
	CK_MECHANISM_TYPE sm2_envelope;
	CK_KEY_TYPE sm4_key_type;
	CK_MECHANISM_TYPE sm4_ecb;
	CK_MECHANISM_TYPE rsa_unwrap;
};

struct kh_profiles {
	struct kh_profile *items; /* in the order they are tried */
	size_t count;
	char *problems[KH_PROFILE_PROBLEMS_MAX]; /* for people: file and what is wrong with it */
	size_t problems_count;
};

/* The deployer's folder (NULL: none), then the packaged one. A file or folder
 * with an error is a problem, never a failure; out of memory is one. */
KH_CHECKED enum kh_code kh_profiles_load(struct kh_profiles *out, const char *folder, struct kh_error *error);
/* One folder more; a name that is there already stays what it is. */
KH_CHECKED enum kh_code kh_profiles_add_folder(struct kh_profiles *profiles, const char *folder,
					       struct kh_error *error);
void kh_profiles_clear(struct kh_profiles *profiles);

/* Decodes one profile. What is wrong with it is appended to complaint, as
 * "sm2.keyType is no hexadecimal number", and the result is false. */
bool kh_profile_read(const char *text, size_t length, struct kh_profile *out, struct kh_buffer *complaint);
void kh_profile_clear(struct kh_profile *profile);

/* The first profile that fits; NULL: none. */
const struct kh_profile *kh_profiles_match(const struct kh_profiles *profiles, const char *library,
					   const char *manufacturer, const char *version);
/* * any characters, ? one; without regard to the case of ASCII letters. */
bool kh_profile_glob(const char *pattern, const char *text);

#endif
