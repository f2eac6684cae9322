/*
 * Texts below HKEY_LOCAL_MACHINE, as programs of 64 bits see it. Keys, names and values are UTF-8; a key's parts are
 * separated by \.
 */
#ifndef KH_MACHINE_REGISTRY_H
#define KH_MACHINE_REGISTRY_H

#include <stdbool.h>

/* Free it; NULL: there is no such text. */
char *kh_registry_read(const char *key, const char *name);
/* The key must be there. */
bool kh_registry_write(const char *key, const char *name, const char *text);
/* True also when it was not there. */
bool kh_registry_delete(const char *key, const char *name);

/* A key and those above it; each that was not there is told, outermost first. */
bool kh_registry_make(const char *key, void (*made)(void *context, const char *key), void *context);
/* Only when it has neither values nor keys. */
void kh_registry_delete_empty(const char *key);

/* Every text of a key. */
void kh_registry_each(const char *key, void (*use)(void *context, const char *name, const char *text), void *context);
/* The keys in it. */
void kh_registry_each_key(const char *key, void (*use)(void *context, const char *name), void *context);

#endif
