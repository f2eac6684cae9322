/*
 * What modules of real keys do otherwise: manners in the module's folder, a word
 * and its argument a line (README.md). Where there are any they stand before
 * everything else: a program meets these functions, they go on to entry.c.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "choke.h"

#define MANNERS 16
#define SLOTS_MAX 128
#define HALF (sizeof(CK_SLOT_ID) * 4) /* bits */

static struct manner {
	char word[24], argument[96];
} manners[MANNERS];
static size_t manner_count;
static CK_FUNCTION_LIST below;

static const char *const words[] = {"find",	    "hide-private", "initialize", "slots-frozen",
				    "slots-unsaid", "slots-wide",   "flags-off",  "text",
				    "id",	    "label",	    NULL};

static void check(const struct manner *manner)
{
	for (size_t i = 0; words[i]; i++)
		if (strcmp(words[i], manner->word) == 0)
			return;
	fprintf(stderr, "%s: no such manner: %s\n", module_name, manner->word);
	abort();
}

static void read_words(void)
{
	char path[PATH + 16], line[160];
	FILE *file;

	snprintf(path, sizeof path, "%s/manners", module_folder());
	manner_count = 0;
	file = fopen(path, "re");
	while (file && manner_count < MANNERS && fgets(line, sizeof line, file)) {
		struct manner *manner = &manners[manner_count];

		*manner = (struct manner){0};
		if (sscanf(line, "%23s %95[^\n]", manner->word, manner->argument) < 1)
			continue;
		check(manner);
		manner_count++;
	}
	if (file)
		fclose(file);
}

/* Its argument; NULL: the module has better manners. */
static const char *has(const char *word)
{
	for (size_t i = 0; i < manner_count; i++)
		if (strcmp(manners[i].word, word) == 0)
			return manners[i].argument;
	return NULL;
}

static CK_ULONG number(const char *word, CK_ULONG otherwise)
{
	const char *argument = has(word);

	return argument ? strtoul(argument, NULL, 0) : otherwise;
}

/* --- slots --- */

static CK_SLOT_ID frozen[SLOTS_MAX];
static CK_ULONG frozen_count;
static bool looked;
static CK_SLOT_ID generation;

static CK_SLOT_ID show(CK_SLOT_ID slot)
{
	return has("slots-wide") ? (0x7f00 + generation) << HALF | slot : slot;
}

/* The slot as the module has it; of an older list: none. */
static CK_SLOT_ID real_slot(CK_SLOT_ID shown)
{
	if (!has("slots-wide"))
		return shown;
	return shown >> HALF == 0x7f00 + generation ? shown & (((CK_SLOT_ID)1 << HALF) - 1)
						    : CK_UNAVAILABLE_INFORMATION;
}

static CK_RV look(CK_BBOOL present)
{
	CK_ULONG count = 0;
	CK_RV rv = below.C_GetSlotList(present, NULL, &count);

	looked = true;
	frozen_count = SLOTS_MAX;
	return rv == CKR_OK ? below.C_GetSlotList(present, frozen, &frozen_count) : rv;
}

static CK_RV manner_GetSlotList(CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *count)
{
	CK_ULONG room = count ? *count : 0, unsaid = number("slots-unsaid", 0);
	const char *wide = has("slots-wide");
	CK_RV rv = CKR_OK;

	if (!count || !(has("slots-frozen") || wide || unsaid))
		return below.C_GetSlotList(present, list, count);
	if (!list || !looked || !has("slots-frozen"))
		rv = look(present);
	if (rv != CKR_OK)
		return rv;
	if (!list && wide && strcmp(wide, "change") == 0)
		generation++;
	*count = frozen_count;
	if (!list)
		*count -= unsaid < frozen_count ? unsaid : frozen_count;
	else if (room < frozen_count)
		return CKR_BUFFER_TOO_SMALL;
	for (CK_ULONG i = 0; list && i < frozen_count; i++)
		list[i] = show(frozen[i]);
	return CKR_OK;
}

static CK_RV manner_GetSlotInfo(CK_SLOT_ID slot, CK_SLOT_INFO *info)
{
	return below.C_GetSlotInfo(real_slot(slot), info);
}

static CK_RV manner_GetMechanismList(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *count)
{
	return below.C_GetMechanismList(real_slot(slot), list, count);
}

static CK_RV manner_GetMechanismInfo(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info)
{
	return below.C_GetMechanismInfo(real_slot(slot), type, info);
}

static CK_RV manner_OpenSession(CK_SLOT_ID slot, CK_FLAGS flags, void *data, CK_NOTIFY notify,
				CK_SESSION_HANDLE *session)
{
	return below.C_OpenSession(real_slot(slot), flags, data, notify, session);
}

static CK_RV manner_CloseAllSessions(CK_SLOT_ID slot)
{
	return below.C_CloseAllSessions(real_slot(slot));
}

static CK_RV manner_GetSessionInfo(CK_SESSION_HANDLE session, CK_SESSION_INFO *info)
{
	CK_RV rv = below.C_GetSessionInfo(session, info);

	if (rv == CKR_OK)
		info->slotID = show(info->slotID);
	return rv;
}

/* --- tokens --- */

/* "text FIELD HEX": these bytes, then blanks. */
static void put_text(const char *argument, CK_TOKEN_INFO *info)
{
	const struct {
		const char *name;
		unsigned char *field;
		size_t size;
	} fields[] = {
		{"label", info->label, sizeof info->label},
		{"serial", info->serialNumber, sizeof info->serialNumber},
		{"manufacturer", info->manufacturerID, sizeof info->manufacturerID},
		{"model", info->model, sizeof info->model},
	};

	for (size_t i = 0; i < 4; i++) {
		size_t length = strlen(fields[i].name);
		const char *hex = argument + length;

		if (strncmp(argument, fields[i].name, length) != 0)
			continue;
		hex += *hex == ' ';
		memset(fields[i].field, ' ', fields[i].size);
		for (size_t n = 0; n < fields[i].size && sscanf(hex, "%2hhx", &fields[i].field[n]) == 1; n++)
			hex += 2;
	}
}

static CK_RV manner_GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	CK_RV rv = below.C_GetTokenInfo(real_slot(slot), info);

	/* A slot without a token that works stays as it is. */
	if (rv != CKR_OK || !(info->flags & CKF_TOKEN_INITIALIZED))
		return rv;
	info->flags &= ~number("flags-off", 0);
	for (size_t i = 0; i < manner_count; i++)
		if (strcmp(manners[i].word, "text") == 0)
			put_text(manners[i].argument, info);
	return CKR_OK;
}

/* --- searches --- */

static bool everything; /* the search has an empty template */

static CK_RV manner_FindObjectsInit(CK_SESSION_HANDLE session, CK_ATTRIBUTE *template, CK_ULONG count)
{
	everything = count == 0;
	return below.C_FindObjectsInit(session, template, count);
}

static bool is_private(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
	CK_BBOOL private = CK_FALSE;
	CK_ATTRIBUTE attribute = {CKA_PRIVATE, &private, sizeof private};

	return below.C_GetAttributeValue(session, object, &attribute, 1) == CKR_OK && private;
}

static CK_RV manner_FindObjects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *objects, CK_ULONG room, CK_ULONG *count)
{
	CK_ULONG most = number("find", room), found, kept = 0;
	CK_RV rv = below.C_FindObjects(session, objects, most < room ? most : room, &found);

	if (!has("hide-private") || !everything) {
		if (rv == CKR_OK)
			*count = found;
		return rv;
	}
	while (rv == CKR_OK && found > 0 && kept == 0) {
		for (CK_ULONG i = 0; i < found; i++)
			if (!is_private(session, objects[i]))
				objects[kept++] = objects[i];
		if (kept == 0)
			rv = below.C_FindObjects(session, objects, most < room ? most : room, &found);
	}
	*count = kept;
	return rv;
}

/* --- CKA_ID and CKA_LABEL of new objects --- */

#define ATTRIBUTES_MAX 40

/* A template as such a module takes it. "id refuse": a CKA_ID of more than two bytes is an error. */
static CK_RV change(const CK_ATTRIBUTE *template, CK_ULONG count, CK_ATTRIBUTE out[ATTRIBUTES_MAX], CK_ULONG *kept)
{
	const char *id = has("id"), *label = has("label");
	static CK_BYTE own[] = {0x5a, 0x01};

	*kept = 0;
	for (CK_ULONG i = 0; i < count && *kept < ATTRIBUTES_MAX; i++) {
		CK_ATTRIBUTE attribute = template[i];

		if (attribute.type == CKA_ID && id && strcmp(id, "refuse") == 0 && attribute.ulValueLen > 2)
			return CKR_ATTRIBUTE_VALUE_INVALID;
		if (attribute.type == CKA_ID && id && strcmp(id, "cut") == 0 && attribute.ulValueLen > 2)
			attribute.ulValueLen = 2;
		if (attribute.type == CKA_ID && id && strcmp(id, "own") == 0)
			attribute = (CK_ATTRIBUTE){CKA_ID, own, sizeof own};
		if (attribute.type == CKA_ID && id && strcmp(id, "none") == 0)
			continue;
		if (attribute.type == CKA_LABEL && label && strcmp(label, "cut") == 0 && attribute.ulValueLen > 32)
			attribute.ulValueLen = 32;
		if (attribute.type == CKA_LABEL && label && strcmp(label, "none") == 0)
			continue;
		out[(*kept)++] = attribute;
	}
	return CKR_OK;
}

static CK_RV manner_CreateObject(CK_SESSION_HANDLE session, CK_ATTRIBUTE *template, CK_ULONG count,
				 CK_OBJECT_HANDLE *object)
{
	CK_ATTRIBUTE taken[ATTRIBUTES_MAX];
	CK_ULONG kept;
	CK_RV rv = change(template, count, taken, &kept);

	return rv == CKR_OK ? below.C_CreateObject(session, taken, kept, object) : rv;
}

static CK_RV manner_GenerateKeyPair(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *public,
				    CK_ULONG public_count, CK_ATTRIBUTE *private, CK_ULONG private_count,
				    CK_OBJECT_HANDLE *public_key, CK_OBJECT_HANDLE *private_key)
{
	CK_ATTRIBUTE taken[2][ATTRIBUTES_MAX];
	CK_ULONG kept[2];
	CK_RV rv = change(public, public_count, taken[0], &kept[0]);

	if (rv == CKR_OK)
		rv = change(private, private_count, taken[1], &kept[1]);
	return rv == CKR_OK ? below.C_GenerateKeyPair(session, mechanism, taken[0], kept[0], taken[1], kept[1],
						      public_key, private_key)
			    : rv;
}

/* "label fixed": an error; "label kept": it stays as it is, without one. */
static CK_RV manner_SetAttributeValue(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template,
				      CK_ULONG count)
{
	const char *label = has("label");
	CK_ATTRIBUTE taken[ATTRIBUTES_MAX];
	CK_ULONG kept;
	CK_RV rv = change(template, count, taken, &kept);

	if (label && strcmp(label, "fixed") == 0)
		return CKR_ATTRIBUTE_READ_ONLY;
	if (rv != CKR_OK || kept == 0 || (label && strcmp(label, "kept") == 0))
		return rv;
	return below.C_SetAttributeValue(session, object, taken, kept);
}

/* --- the module --- */

static CK_RV manner_Initialize(void *arguments)
{
	const char *again = has("initialize");

	if (again && strcmp(again, "crash") == 0) {
		signal(SIGSEGV, SIG_DFL);
		raise(SIGSEGV);
	}
	while (again && strcmp(again, "hang") == 0)
		pause();
	return again ? strtoul(again, NULL, 0) : below.C_Initialize(arguments);
}

static void put_on(CK_FUNCTION_LIST *functions)
{
	below = *functions;
	functions->C_Initialize = manner_Initialize;
	functions->C_GetSlotList = manner_GetSlotList;
	functions->C_GetSlotInfo = manner_GetSlotInfo;
	functions->C_GetTokenInfo = manner_GetTokenInfo;
	functions->C_GetMechanismList = manner_GetMechanismList;
	functions->C_GetMechanismInfo = manner_GetMechanismInfo;
	functions->C_OpenSession = manner_OpenSession;
	functions->C_CloseAllSessions = manner_CloseAllSessions;
	functions->C_GetSessionInfo = manner_GetSessionInfo;
	functions->C_FindObjectsInit = manner_FindObjectsInit;
	functions->C_FindObjects = manner_FindObjects;
	functions->C_CreateObject = manner_CreateObject;
	functions->C_GenerateKeyPair = manner_GenerateKeyPair;
	functions->C_SetAttributeValue = manner_SetAttributeValue;
}

void manners_read(CK_FUNCTION_LIST *functions)
{
	read_words();
	looked = false;
	if (manner_count > 0 && !below.C_Initialize)
		put_on(functions);
}
