/*
 * What the modules have shown, looked through: which token a URI
 * number or a certificate means.
 */
#include "token/modules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

static bool has_attribute(const char *token, const char *attribute, size_t length)
{
	const char *at = token + strlen("pkcs11:");

	while (*at != '\0') {
		size_t own = strcspn(at, ";?");

		if (own == length && strncmp(at, attribute, length) == 0)
			return true;
		at += own;
		if (*at != ';')
			return false;
		at++;
	}
	return false;
}

bool kh_token_uri_fits(const char *asked, const char *token)
{
	const char *at;
	size_t attributes = 0;

	if (strcmp(asked, token) == 0)
		return true;
	if (strncmp(asked, "pkcs11:", 7) != 0 || strncmp(token, "pkcs11:", 7) != 0)
		return false;
	for (at = asked + 7; *at != '\0' && *at != '?'; at += *at == ';') {
		size_t length = strcspn(at, ";?");

		if (length == 0 || !has_attribute(token, at, length))
			return false;
		attributes++;
		at += length;
	}
	return attributes > 0;
}

static bool has_uri(const struct kh_token_info *token, const char *uri)
{
	return kh_token_uri_fits(uri, token->token);
}

static bool is_exactly(const struct kh_token_info *token, const char *uri)
{
	return strcmp(uri, token->token) == 0;
}

static struct kh_driver *find_token(struct kh_modules *modules,
				    bool (*fits)(const struct kh_token_info *token, const char *text), const char *text,
				    const struct kh_token_info **token)
{
	for (size_t i = 0; i < modules->count; i++) {
		struct kh_driver *module = &modules->items[i];

		for (size_t n = 0; n < module->tokens.tokens_count; n++) {
			if (!fits(&module->tokens.tokens[n], text))
				continue;
			*token = &module->tokens.tokens[n];
			return module;
		}
	}
	return NULL;
}

struct kh_driver *kh_modules_find(struct kh_modules *modules, const char *uri, const struct kh_token_info **token)
{
	return find_token(modules, has_uri, uri, token);
}

/* The same key over two drivers is one; without a serial number nothing says that it is the same. */
static bool is_same_key(const struct kh_token_info *a, const struct kh_token_info *b)
{
	return strcmp(a->token, b->token) == 0 && strcmp(a->module, b->module) != 0 && a->serial[0] != '\0';
}

bool kh_modules_ambiguous(const struct kh_modules *modules, const char *uri, struct kh_error *error)
{
	const struct kh_token_info *first = NULL;

	for (size_t i = 0; i < modules->count; i++) {
		const struct kh_host_token_list_result *own = &modules->items[i].tokens;

		for (size_t n = 0; n < own->tokens_count; n++) {
			const struct kh_token_info *token = &own->tokens[n];

			if (!has_uri(token, uri) || (first && is_same_key(first, token)))
				continue;
			if (first) {
				(void)kh_fail(error, KH_TOKEN_AMBIGUOUS);
				snprintf(error->label, sizeof(error->label), "%s", first->label);
				return true;
			}
			first = token;
		}
	}
	return false;
}

struct kh_driver *kh_modules_find_token(struct kh_modules *modules, const char *token,
					const struct kh_token_info **info)
{
	return find_token(modules, is_exactly, token, info);
}

struct kh_driver *kh_modules_find_certificate(struct kh_modules *modules, const char *id,
					      const struct kh_key_certificate **certificate)
{
	for (size_t i = 0; i < modules->count; i++) {
		struct kh_driver *module = &modules->items[i];

		for (size_t n = 0; n < module->certificates.certificates_count; n++) {
			if (strcmp(id, module->certificates.certificates[n].id) != 0)
				continue;
			*certificate = &module->certificates.certificates[n];
			return module;
		}
	}
	return NULL;
}

bool kh_modules_asking(const struct kh_modules *modules, const struct kh_driver *but)
{
	for (size_t i = 0; i < modules->count; i++) {
		if (&modules->items[i] != but && kh_token_link_asking(modules->items[i].link))
			return true;
	}
	return false;
}

size_t kh_modules_count_tokens(const struct kh_modules *modules)
{
	size_t count = 0;

	for (size_t i = 0; i < modules->count; i++)
		count += modules->items[i].tokens.tokens_count;
	return count;
}

struct kh_token_info *kh_modules_tokens(const struct kh_modules *modules, size_t *count)
{
	size_t all = kh_modules_count_tokens(modules);
	struct kh_token_info *tokens = calloc(all > 0 ? all : 1, sizeof(*tokens));

	*count = 0;
	for (size_t i = 0; tokens && i < modules->count; i++) {
		const struct kh_host_token_list_result *own = &modules->items[i].tokens;

		for (size_t n = 0; n < own->tokens_count && *count < KH_TOKEN_LIST_RESULT_TOKENS_MAX; n++)
			tokens[(*count)++] = own->tokens[n];
	}
	if (*count < all)
		kh_log(KH_LOG_WARNING, "%zu tokens are listed of %zu", *count, all);
	return tokens;
}
