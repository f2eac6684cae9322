/*
 * What was reminded of today.
 */
#include "reminder/reminded.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "file.h"

void kh_reminded_day(int64_t moment, char day[11])
{
	const time_t time = (time_t)moment;
	const struct tm *local = localtime(&time);

	if (!local || strftime(day, 11, "%Y-%m-%d", local) == 0)
		day[0] = '\0';
}

/* A line without its end; false: there is none of that length. */
static bool read_line(FILE *file, char *line, size_t length)
{
	char text[KH_SHA256_MAX + 3];

	if (!fgets(text, sizeof(text), file) || strcspn(text, "\n") != length)
		return false;
	memcpy(line, text, length);
	line[length] = '\0';
	return true;
}

void kh_reminded_read(struct kh_reminded *reminded, const char *folder)
{
	FILE *file;

	*reminded = (struct kh_reminded){.count = 0};
	snprintf(reminded->file, sizeof(reminded->file), "%s/reminded", folder);
	file = kh_file_open(reminded->file, "r");
	if (!file)
		return;
	if (read_line(file, reminded->day, sizeof(reminded->day) - 1)) {
		while (reminded->count < KH_REMINDED_MAX &&
		       read_line(file, reminded->ids[reminded->count], KH_SHA256_MAX))
			reminded->count++;
	}
	fclose(file);
}

static void turn_page(struct kh_reminded *reminded, int64_t now)
{
	char today[11];

	kh_reminded_day(now, today);
	if (strcmp(today, reminded->day) == 0)
		return;
	memcpy(reminded->day, today, sizeof(today));
	reminded->count = 0;
}

bool kh_reminded_has(struct kh_reminded *reminded, const char *id, int64_t now)
{
	turn_page(reminded, now);
	for (size_t i = 0; i < reminded->count; i++) {
		if (strcmp(reminded->ids[i], id) == 0)
			return true;
	}
	return reminded->count == KH_REMINDED_MAX;
}

void kh_reminded_note(struct kh_reminded *reminded, const char *id, int64_t now)
{
	FILE *file;

	if (kh_reminded_has(reminded, id, now))
		return;
	snprintf(reminded->ids[reminded->count++], sizeof(reminded->ids[0]), "%s", id);
	file = kh_file_open(reminded->file, "w");
	if (!file)
		return;
	fprintf(file, "%s\n", reminded->day);
	for (size_t i = 0; i < reminded->count; i++)
		fprintf(file, "%s\n", reminded->ids[i]);
	fclose(file);
}
