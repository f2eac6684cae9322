/*
 * Whether a text is JSON: the one place that reads bytes nobody has looked at.
 */
#include <string.h>

#include "bytes.h"
#include "json.h"

struct check {
	const char *at;
	const char *end;
	size_t depth;
	size_t depth_max;
	bool deep;
};

static bool check_value(struct check *check);

/* Eight bytes at once: a high bit is set where a byte is below n (n <= 0x80). */
#define ONES UINT64_C(0x0101010101010101)
#define BELOW(word, n) (((word) - ONES * (n)) & ~(word) & (ONES << 7))

size_t kh_json_plain(const char *text, const char *end)
{
	const char *at = text;

	for (uint64_t word; end - at >= 8; at += 8) {
		memcpy(&word, at, sizeof(word));
		if (BELOW(word, 0x20u) || BELOW(word ^ ONES * '"', 1u) || BELOW(word ^ ONES * '\\', 1u) || word & (ONES << 7))
			break;
	}
	while (at < end && (unsigned char)*at >= 0x20 && (unsigned char)*at < 0x80 && *at != '"' && *at != '\\')
		at++;
	return (size_t)(at - text);
}

static void skip_space(struct check *check)
{
	while (check->at < check->end &&
	       (*check->at == ' ' || *check->at == '\n' || *check->at == '\r' || *check->at == '\t'))
		check->at++;
}

static bool take(struct check *check, char c)
{
	if (check->at == check->end || *check->at != c)
		return false;
	check->at++;
	return true;
}

static bool take_digits(struct check *check)
{
	const char *from = check->at;

	while (check->at < check->end && *check->at >= '0' && *check->at <= '9')
		check->at++;
	return check->at > from;
}

static bool check_number(struct check *check)
{
	(void)take(check, '-');
	if (!take(check, '0') && !take_digits(check))
		return false;
	if (take(check, '.') && !take_digits(check))
		return false;
	if (take(check, 'e') || take(check, 'E')) {
		(void)(take(check, '+') || take(check, '-'));
		return take_digits(check);
	}
	return true;
}

static bool take_hex4(struct check *check, unsigned *code)
{
	*code = 0;
	for (int i = 0; i < 4; i++) {
		const char *digits = "0123456789abcdef0123456789ABCDEF";
		const char *found = check->at < check->end && *check->at ? strchr(digits, *check->at) : NULL;
		if (!found)
			return false;
		*code = *code * 16 + ((unsigned)(found - digits) & 15);
		check->at++;
	}
	return true;
}

/* Behind the backslash; a surrogate comes with its other half. */
static bool check_escape(struct check *check)
{
	unsigned code, low;

	if (!take(check, 'u')) {
		if (check->at == check->end || !*check->at || !strchr("\"\\/bfnrt", *check->at))
			return false;
		check->at++;
		return true;
	}
	if (!take_hex4(check, &code) || (code >= 0xdc00 && code < 0xe000))
		return false;
	if (code < 0xd800 || code >= 0xe000)
		return true;
	return take(check, '\\') && take(check, 'u') && take_hex4(check, &low) && low >= 0xdc00 && low < 0xe000;
}

static bool check_text(struct check *check)
{
	if (!take(check, '"'))
		return false;
	for (;;) {
		size_t step;

		check->at += kh_json_plain(check->at, check->end);
		if (take(check, '"'))
			return true;
		if (take(check, '\\')) {
			if (!check_escape(check))
				return false;
			continue;
		}
		step = check->at < check->end ? kh_utf8_sequence(check->at, (size_t)(check->end - check->at)) : 0;
		if (step < 2)
			return false;
		check->at += step;
	}
}

static bool check_word(struct check *check, const char *word)
{
	size_t length = strlen(word);

	if ((size_t)(check->end - check->at) < length || memcmp(check->at, word, length) != 0)
		return false;
	check->at += length;
	return true;
}

static bool check_member(struct check *check)
{
	skip_space(check);
	if (!check_text(check))
		return false;
	skip_space(check);
	return take(check, ':') && check_value(check);
}

static bool check_members(struct check *check, char close, bool (*each)(struct check *))
{
	if (++check->depth > check->depth_max) {
		check->deep = true;
		return false;
	}
	check->at++;
	skip_space(check);
	if (!take(check, close)) {
		do {
			if (!each(check))
				return false;
			skip_space(check);
		} while (take(check, ','));
		if (!take(check, close))
			return false;
	}
	check->depth--;
	return true;
}

static bool check_value(struct check *check)
{
	skip_space(check);
	if (check->at == check->end)
		return false;
	switch (*check->at) {
	case '{':
		return check_members(check, '}', check_member);
	case '[':
		return check_members(check, ']', check_value);
	case '"':
		return check_text(check);
	case 't':
		return check_word(check, "true");
	case 'f':
		return check_word(check, "false");
	case 'n':
		return check_word(check, "null");
	default:
		return check_number(check);
	}
}

static void locate(const char *text, const char *at, struct kh_json_fault *fault)
{
	fault->line = fault->column = 1;
	for (; text < at; text++) {
		if (*text == '\n') {
			fault->line++;
			fault->column = 1;
		} else if (((unsigned char)*text & 0xc0) != 0x80) {
			fault->column++;
		}
	}
}

bool kh_json_check(const char *text, size_t length, size_t depth_max, struct kh_json *json,
		   struct kh_json_fault *fault)
{
	struct check check = {.at = text, .end = text + length, .depth_max = depth_max};
	bool good;

	skip_space(&check);
	json->at = check.at;
	good = check_value(&check);
	skip_space(&check);
	if (good && check.at == check.end)
		return true;
	fault->deep = check.deep;
	locate(text, check.at, fault);
	return false;
}
