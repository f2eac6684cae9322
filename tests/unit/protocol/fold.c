/* Texts of names, compared. */
#include "fold.h"

#include <string.h>

#include "unit.h"

static const struct {
	const char *a, *b;
	bool same;
} rows[] = {
	{"", "", true},
	{"", "  ", true},
	{"a", "", false},
	{"Example Co", "example co", true},
	{" Example   Co ", "Example Co", true},
	{"ExampleCo", "Example Co", false},
	{"Example Co", "Example Corp", false},
	{"山西示例公司", "山西示例公司", true},
	{"山西示例公司", "山西示例有限公司", false},
	{"山西 示例", "山西示例", false},
	{"山西\xe3\x80\x80示例", "山西 示例", true},
	{"示例（山西）公司", "示例(山西)公司", true},
	{"ＡＢＣ１２３", "abc123", true},
	{"CAFÉ", "café", true},
	{"ŽIŽKA", "žižka", true},
	{"ΑΘΗΝΑΣ", "αθηνας", true},
	{"ТЕСТ Ё", "тест ё", true},
	{"×", "÷", false},
	{"a\xe2\x80\x8b"
	 "b",
	 "ab", true},
	{"a\tb", "a b", true},
	{"\xff", "\xff", true},
	{"\xff", "\xfe", false},
	{"\xe5\xb1", "\xe5", false},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *a = rows[i].a, *b = rows[i].b;

		if (kh_fold_same(a, strlen(a), b, strlen(b)) != rows[i].same ||
		    kh_fold_same(b, strlen(b), a, strlen(a)) != rows[i].same)
			fail_msg("\"%s\" and \"%s\"", a, b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
