/* Assuan lines. */
#include "pin/assuan.h"

#include <stdlib.h>
#include <string.h>

void kh_assuan_command(struct kh_buffer *out, const char *command, const char *text)
{
	struct kh_buffer line = {0};
	size_t border = 0;

	kh_buffer_append_text(&line, command);
	if (text && *text)
		kh_buffer_append_text(&line, " ");
	for (; text && *text; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c & 0xc0u) != 0x80)
			border = line.length;
		if (c == '%' || c == '\n')
			kh_buffer_printf(&line, "%%%02X", c);
		else
			kh_buffer_append(&line, c < 0x20 || c == 0x7f ? " " : text, 1);
		if (line.length >= KH_ASSUAN_LINE) {
			line.length = border;
			break;
		}
	}
	kh_buffer_append(out, line.data, line.length);
	kh_buffer_append_text(out, "\n");
	out->failed = out->failed || line.failed;
	kh_buffer_finish(&line);
}

static bool starts(const char *line, size_t length, const char *word)
{
	size_t size = strlen(word);

	return length >= size && memcmp(line, word, size) == 0 && (length == size || line[size] == ' ');
}

enum kh_assuan_reply kh_assuan_parse(const char *line, size_t length, unsigned long *number)
{
	char digits[16] = "";

	if (starts(line, length, "OK"))
		return KH_ASSUAN_OK;
	if (starts(line, length, "D"))
		return KH_ASSUAN_DATA;
	if (!starts(line, length, "ERR"))
		return KH_ASSUAN_OTHER;
	if (length > 4)
		memcpy(digits, line + 4, length - 4 < sizeof(digits) - 1 ? length - 4 : sizeof(digits) - 1);
	*number = strtoul(digits, NULL, 10);
	return KH_ASSUAN_ERROR;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum kh_code kh_assuan_data(const char *line, size_t length, struct kh_secret *secret)
{
	for (size_t i = 2; i < length; i++) {
		int byte = (unsigned char)line[i];

		if (byte == '%' && length - i > 2 && hex_digit(line[i + 1]) >= 0 && hex_digit(line[i + 2]) >= 0) {
			byte = hex_digit(line[i + 1]) * 16 + hex_digit(line[i + 2]);
			i += 2;
		}
		if (secret->length >= KH_SECRET_MAX)
			return KH_REQUEST_TOO_LARGE;
		secret->bytes[secret->length++] = (unsigned char)byte;
	}
	secret->bytes[secret->length] = '\0';
	return KH_OK;
}
