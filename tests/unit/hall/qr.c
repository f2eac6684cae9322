/* The QR picture: quiet zone, finder patterns, modules of the right number. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <qrencode.h>

#include "qr.h"

static size_t count(const char *text, const char *what)
{
	size_t found = 0;
	for (const char *at = text; (at = strstr(at, what)) != NULL; at += strlen(what))
		found++;
	return found;
}

static void test_picture(void **state)
{
	(void)state;
	static const char url[] = "http://localhost:8080/bank/pay/0123456789abcdef0123456789abcdef";
	QRcode *code = QRcode_encodeString8bit(url, 0, QR_ECLEVEL_M);
	char *svg = hall_qr_svg(url);
	char text[64];
	size_t dark = 0;

	assert_non_null(svg);
	snprintf(text, sizeof(text), "viewBox=\"0 0 %d %d\"", code->width + 8, code->width + 8);
	assert_non_null(strstr(svg, text));
	for (int i = 0; i < code->width * code->width; i++)
		dark += code->data[i] & 1;
	assert_int_equal(count(svg, "h1v1h-1z"), dark);
	assert_non_null(strstr(svg, "M4 4h1"));
	snprintf(text, sizeof(text), "M%d 4h1", code->width + 3);
	assert_non_null(strstr(svg, text));
	assert_null(strstr(svg, "M3 "));
	free(svg);
	QRcode_free(code);
}

static void test_too_long(void **state)
{
	(void)state;
	char *text = malloc(5001);
	memset(text, 'x', 5000);
	text[5000] = '\0';
	assert_null(hall_qr_svg(text));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_picture), cmocka_unit_test(test_too_long)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
