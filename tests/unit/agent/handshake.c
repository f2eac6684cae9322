/*
 * Who may speak with the daemon, rule by rule.
 */
#include "websocket/handshake.h"

#include <string.h>

#include "contract.h"
#include "unit.h"

static char hall[] = "https://hall.example.cn", test_hall[] = "http://localhost:8080";
static char *const origins[] = {hall, test_hall};
static const struct kh_handshake_policy policy = {18317, origins, 2};

static const struct {
	const char *host, *origin, *protocol;
	bool own_user;
	unsigned connections, of_origin;
	const char *refusal;
} cases[] = {
	{"127.0.0.1:18317", "https://hall.example.cn", "keyhall.v1", true, 0, 0, NULL},
	{"localhost:18317", "http://localhost:8080", "keyhall.v1", true, 15, 3, NULL},
	{"[::1]:18317", "https://hall.example.cn", "keyhall.v1", true, 0, 0, NULL},
	{"127.0.0.1:18317", "http://127.0.0.1:18317", "keyhall.v1", true, 0, 0, NULL},
	{"127.0.0.1:18317", "http://[::1]:18317", "keyhall.v1", true, 0, 0, NULL},
	{"127.0.0.1:18317", "http://localhost:18317", "keyhall.v1", true, 0, 0, NULL},
	{"127.0.0.1:18317", "https://hall.example.cn", "keyhall.v1", false, 0, 0, "other user"},
	{"127.0.0.1", "https://hall.example.cn", "keyhall.v1", true, 0, 0, "host"},
	{"127.0.0.1:8080", "https://hall.example.cn", "keyhall.v1", true, 0, 0, "host"},
	{"127.0.0.2:18317", "https://hall.example.cn", "keyhall.v1", true, 0, 0, "host"},
	{"LOCALHOST:18317", "https://hall.example.cn", "keyhall.v1", true, 0, 0, "host"},
	{"localhost.:18317", "https://hall.example.cn", "keyhall.v1", true, 0, 0, "host"},
	{"rebound.example:18317", "https://hall.example.cn", "keyhall.v1", true, 0, 0, "host"},
	{"", "https://hall.example.cn", "keyhall.v1", true, 0, 0, "host"},
	{"127.0.0.1:18317", "", "keyhall.v1", true, 0, 0, "origin"},
	{"127.0.0.1:18317", "null", "keyhall.v1", true, 0, 0, "origin"},
	{"127.0.0.1:18317", "http://hall.example.cn", "keyhall.v1", true, 0, 0, "origin"},
	{"127.0.0.1:18317", "https://hall.example.cn:443", "keyhall.v1", true, 0, 0, "origin"},
	{"127.0.0.1:18317", "https://hall.example.cn.evil.example", "keyhall.v1", true, 0, 0, "origin"},
	{"127.0.0.1:18317", "https://hall.example.c", "keyhall.v1", true, 0, 0, "origin"},
	{"127.0.0.1:18317", "https://127.0.0.1:18317", "keyhall.v1", true, 0, 0, "origin"},
	{"127.0.0.1:18317", "http://127.0.0.1:28317", "keyhall.v1", true, 0, 0, "origin"},
	{"127.0.0.1:18317", "https://hall.example.cn", "http", true, 0, 0, "protocol"},
	{"127.0.0.1:18317", "https://hall.example.cn", "", true, 0, 0, "protocol"},
	{"127.0.0.1:18317", "https://hall.example.cn", "keyhall.v1", true, KH_LIMIT_CONNECTIONS, 0, "connections"},
	{"127.0.0.1:18317", "https://hall.example.cn", "keyhall.v1", true, 5, KH_LIMIT_CONNECTIONS_PER_ORIGIN,
	 "connections"},
};

static void test_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct kh_handshake handshake = {cases[i].host,	  cases[i].origin,	cases[i].protocol,
						       cases[i].own_user, cases[i].connections, cases[i].of_origin};
		const char *refusal = kh_handshake_refusal(&policy, &handshake);

		if ((refusal == NULL) != (cases[i].refusal == NULL) ||
		    (refusal != NULL && strcmp(refusal, cases[i].refusal) != 0))
			fail_msg("row %zu: %s", i, refusal != NULL ? refusal : "welcome");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rules)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
