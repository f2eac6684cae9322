/* encryption.import. */
#include "op/encryption.h"

#include <string.h>

#include "cleanup.h"
#include "key/decrypt.h"
#include "key/key.h"
#include "key/unwrap.h"
#include "log.h"
#include "op/order.h"
#include "op/pair.h"
#include "op/stray.h"

struct import {
	struct kh_host *host;
	struct kh_token *token;
	struct kh_order order;
	struct kh_certificate *new;
	struct kh_envelope envelope;
	CK_OBJECT_HANDLE opener; /* the order's private key */
	bool tells;		 /* it is RSA and tells its public key */
};

static struct kh_order_objects look(const struct import *import)
{
	struct kh_order_objects objects;

	kh_order_find(import->token, &import->order, &objects);
	return objects;
}

/* What has its final label may have been used: old files need it. */
static bool is_finished(const struct import *import, const struct kh_order_objects *objects)
{
	KH_AUTO_FREE char *name = kh_certificate_common_name(import->new);
	const struct kh_object *certificate = objects->encryption.certificate;
	const struct kh_object *key = objects->encryption.public_key;

	if (certificate)
		return !kh_order_is_pending(certificate);
	return key && name && name[0] && strcmp(key->label, name) == 0;
}

/* Another private key with the mark of the encryption pair. */
static struct kh_object *find_other(const struct import *import, CK_OBJECT_HANDLE keep)
{
	struct kh_inventory *inventory = &import->token->inventory;
	struct kh_order_objects objects = look(import);
	const struct kh_order_mark *mark = &objects.encryption.mark;

	for (size_t i = 0; i < inventory->count; i++) {
		struct kh_object *object = &inventory->objects[i];

		if (object->class == CKO_PRIVATE_KEY && object->handle != keep &&
		    (kh_mark_has_id(mark, object->id.data, object->id.length) ||
		     strcmp(object->label, mark->label) == 0))
			return object;
	}
	return NULL;
}

/* Takes away what the order has of an encryption pair but for this private key and
 * its certificate. The certificate of another key goes first: it says that its
 * key is there. Its public key goes when the new one is written. */
static enum kh_code discard_others(const struct import *import, CK_OBJECT_HANDLE keep, struct kh_error *error)
{
	struct kh_order_objects objects = look(import);
	const struct kh_object *object = objects.encryption.certificate;
	enum kh_code code = KH_OK;

	if (object && strcmp(object->certificate->key_id, import->new->key_id) != 0)
		code = kh_order_is_pending(object) ? kh_inventory_destroy(import->token, object->handle, error)
						   : kh_fail(error, KH_RENEWAL_STATE);
	while (code == KH_OK && (object = find_other(import, keep)))
		code = kh_inventory_destroy(import->token, object->handle, error);
	return code;
}

/* A key that an earlier try left; out stays NULL when there is none or it is
 * another one's. What is finished stays whatever the page says. decrypted: it
 * is the certificate's for certain. */
static enum kh_code take_left(const struct import *import, struct kh_object **out, bool *decrypted,
			      struct kh_error *error)
{
	struct kh_order_objects objects = look(import);
	bool alone = !objects.encryption.public_key && !objects.encryption.certificate;
	enum kh_code code;

	*out = objects.encryption.private_key;
	if (!*out)
		return KH_OK;
	/* SoftHSM crashes where it is asked to decrypt with half an RSA key. */
	if (import->tells && (*out)->spki.length == 0)
		code = kh_fail(error, KH_ENCRYPTION_MISMATCH);
	else
		code = kh_decrypt_prove(import->token, *out, import->new->spki, decrypted, error);
	/* Its write may have been cut: what it shows says nothing about its value. */
	if (code == KH_OK && alone && !*decrypted)
		code = kh_fail(error, KH_ENCRYPTION_MISMATCH);
	if (code != KH_ENCRYPTION_MISMATCH && code != KH_TOKEN_UNSUPPORTED)
		return code;
	if (is_finished(import, &objects))
		return kh_fail(error, KH_RENEWAL_STATE);
	kh_log(KH_LOG_WARNING, "an encryption key of the order does not fit its certificate");
	*out = NULL;
	/* Alone it is of no use, and its place may be needed. */
	return alone ? discard_others(import, 0, error) : KH_OK;
}

static enum kh_code open_envelope(const struct import *import, struct kh_object **out, struct kh_error *error)
{
	struct kh_order_objects objects = look(import);
	const struct kh_unwrap unwrap = {.token = import->token,
					 .opener = import->opener,
					 .envelope = &import->envelope,
					 .mark = &objects.encryption.mark,
					 .on_host = import->host->settings.import_on_host};
	struct kh_error failure = {.code = KH_OK};
	enum kh_code code = kh_unwrap(&unwrap, out, error);

	if (code != KH_OK)
		return code;
	code = kh_decrypt_prove(import->token, *out, import->new->spki, NULL, &failure);
	if (code == KH_ENCRYPTION_MISMATCH || code == KH_TOKEN_UNSUPPORTED) {
		code = kh_inventory_destroy(import->token, (*out)->handle, error);
		if (code == KH_OK)
			code = failure.code;
	}
	if (error && code == failure.code)
		*error = failure;
	return code;
}

/* The new key first: what is there stays until the envelope has opened. A cut
 * between leaves two keys with the mark, and the next try keeps the one that fits. */
static enum kh_code choose_key(const struct import *import, struct kh_error *error)
{
	struct kh_object *key = NULL;
	bool certain = false;
	enum kh_code code = take_left(import, &key, &certain, error);

	if (code == KH_OK && !key) {
		certain = true;
		code = open_envelope(import, &key, error);
	}
	return code == KH_OK && certain ? discard_others(import, key->handle, error) : code;
}

/* Out of the way goes what was written for another certificate. A token that
 * takes no public keys does without: the private one has proved itself. */
static enum kh_code write_public(const struct import *import, struct kh_error *error)
{
	const struct kh_bytes spki = {(uint8_t *)(uintptr_t)import->new->spki.data, import->new->spki.length};
	struct kh_order_objects objects = look(import);
	const struct kh_object *written = objects.encryption.public_key;
	enum kh_code code = KH_OK;

	if (written && strcmp(written->spki_id, import->new->key_id) == 0)
		return KH_OK;
	if (written)
		code = kh_inventory_destroy(import->token, written->handle, error);
	if (code != KH_OK)
		return code;
	code = kh_key_write_encrypting(import->token, &spki, &objects.encryption.mark, error);
	if (code != KH_TOKEN_UNSUPPORTED)
		return code;
	kh_log(KH_LOG_WARNING, "the token takes no public key of an encryption pair");
	return KH_OK;
}

static enum kh_code write_certificate(const struct import *import, struct kh_error *error)
{
	struct kh_order_objects objects = look(import);
	const struct kh_object *written = objects.encryption.certificate;
	enum kh_code code = KH_OK;

	if (written && strcmp(written->certificate->id, import->new->id) == 0)
		return KH_OK;
	if (written && !kh_order_is_pending(written))
		return kh_fail(error, KH_RENEWAL_STATE);
	if (written)
		code = kh_inventory_destroy(import->token, written->handle, error);
	if (code != KH_OK)
		return code;
	return kh_pair_write(import->token, import->new,
			     (struct kh_span){objects.encryption.mark.id, KH_MARK_ID_LENGTH},
			     objects.encryption.mark.label, error);
}

static enum kh_code import_key(const struct import *import, struct kh_error *error)
{
	struct kh_order_objects objects;
	enum kh_code code = choose_key(import, error);

	if (code == KH_OK)
		code = write_public(import, error);
	if (code == KH_OK)
		code = write_certificate(import, error);
	if (code != KH_OK)
		return code;
	objects = look(import);
	if (!objects.encryption.certificate || !objects.certificate)
		return kh_fail(error, KH_TOKEN_FAILED);
	code = kh_pair_read_back(import->token, objects.encryption.certificate, error);
	/* The order was completed before this pair came. */
	if (code == KH_OK && !kh_order_is_pending(objects.certificate))
		code = kh_pair_label(import->token, objects.encryption.certificate, error);
	return code;
}

/* With key "same" nothing tells which signing certificate a finished order has:
 * then the pair is there, or the order is not where the page believes. */
static enum kh_code confirm(const struct import *import, const struct kh_encryption *given, struct kh_error *error)
{
	KH_AUTO_CERTIFICATE *new = NULL;
	struct kh_order_objects objects = look(import);
	const struct kh_object *present = objects.encryption.certificate;
	enum kh_code code = kh_pair_read(given->certificate, KH_ENCRYPTION_FIELD, &new, error);

	if (code != KH_OK)
		return code;
	if (!present || !objects.encryption.private_key || strcmp(present->certificate->id, new->id) != 0)
		return kh_fail(error, KH_RENEWAL_STATE);
	return kh_decrypt_prove(import->token, objects.encryption.private_key, new->spki, NULL, error);
}

static bool is_rsa(enum kh_any_key_type type)
{
	return type == KH_ANY_KEY_TYPE_RSA2048 || type == KH_ANY_KEY_TYPE_RSA3072 || type == KH_ANY_KEY_TYPE_RSA4096;
}

enum kh_code kh_encryption_prove(struct kh_token *token, const struct kh_order *order, struct kh_error *error)
{
	const struct kh_object *certificate, *key;
	struct kh_order_objects objects;
	enum kh_code code = KH_ENCRYPTION_MISMATCH;

	kh_order_find(token, order, &objects);
	certificate = objects.encryption.certificate;
	key = objects.encryption.private_key;
	if (!certificate)
		return KH_OK;
	/* As with a key that is left: SoftHSM crashes with half of one. */
	if (!key || (objects.private_key && is_rsa(objects.private_key->key_type) && key->spki.length == 0))
		return kh_fail(error, code);
	for (int turn = 0; turn < 2 && code == KH_ENCRYPTION_MISMATCH; turn++)
		code = kh_decrypt_prove(token, key, certificate->certificate->spki, NULL, error);
	return code == KH_TOKEN_UNSUPPORTED ? KH_OK : code;
}

/* The key that the envelope is encrypted to. */
static struct kh_object *find_opener(struct kh_token *token, const struct kh_order_objects *objects)
{
	return objects->private_key ? objects->private_key : kh_pair_key(token, objects->certificate);
}

enum kh_code kh_op_encryption_import(struct kh_host *host, const void *in, void *out, struct kh_error *error)
{
	const struct kh_host_encryption_import_params *params = in;
	struct kh_host_encryption_import_result *result = out;
	KH_AUTO_CERTIFICATE *new = NULL;
	struct import import = {.host = host,
				.order = {.id = params->order, .public_key = params->public_key, .made = params->made}};
	struct kh_order_objects objects;
	const struct kh_object *opener;
	enum kh_code code;

	code = kh_host_token(host, params->token, &import.token, error);
	if (code == KH_OK)
		code = kh_inventory_ensure(import.token, error);
	if (code == KH_OK)
		code = kh_order_clean(import.token, &import.order, error);
	if (code != KH_OK)
		return code;
	objects = look(&import);
	if (objects.certificate)
		code = kh_stray_clean(import.token, objects.certificate->certificate->id, error);
	if (code != KH_OK)
		return code;
	objects = look(&import);
	opener = objects.certificate ? find_opener(import.token, &objects) : NULL;
	if (opener) {
		import.opener = opener->handle;
		import.tells = is_rsa(opener->key_type);
		code = kh_encryption_read(host, objects.certificate->certificate, &params->encryption, params->chain,
					  params->chain_count, &new, &import.envelope, error);
		import.new = new;
		if (code == KH_OK)
			code = import_key(&import, error);
	} else {
		code = confirm(&import, &params->encryption, error);
	}
	objects = look(&import);
	if (code != KH_OK)
		return code;
	return kh_host_text(&result->certificate, objects.encryption.certificate->certificate->id, error);
}
