/*
 * Which port a daemon takes.
 */
#include "takeover.h"

#include "unit.h"

static uint16_t listen_anywhere(uv_tcp_t *server, uv_loop_t *loop, uv_connection_cb come)
{
	struct sockaddr_in address;
	int length = sizeof(address);

	uv_ip4_addr("127.0.0.1", 0, &address);
	assert_int_equal(uv_tcp_init(loop, server), 0);
	assert_int_equal(uv_tcp_bind(server, (const struct sockaddr *)&address, 0), 0);
	assert_int_equal(uv_listen((uv_stream_t *)server, 8, come), 0);
	assert_int_equal(uv_tcp_getsockname(server, (struct sockaddr *)&address, &length), 0);
	return (uint16_t)(((const unsigned char *)&address.sin_port)[0] << 8 |
			  ((const unsigned char *)&address.sin_port)[1]);
}

static void ignore(uv_stream_t *server, int status)
{
	(void)server;
	(void)status;
}

static void end(uv_loop_t *loop)
{
	uv_run(loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(loop), 0);
}

static void test_ports(void **state)
{
	uint16_t ports[KH_PORTS_MAX];

	(void)state;
	assert_int_equal(kh_ports_of(18317, ports), 2);
	assert_int_equal(ports[0], 18317);
	assert_int_equal(ports[1], 28317);
	assert_int_equal(kh_ports_of(28317, ports), 1);
	assert_int_equal(ports[0], 28317);
	assert_int_equal(kh_ports_of(9000, ports), 1);
	assert_int_equal(ports[0], 9000);
}

/* Behind a strange program that stays the second port is taken; without one
 * there is none. */
static void test_second(void **state)
{
	uv_loop_t loop, others;
	uv_tcp_t stranger, gone;
	uint16_t ports[KH_PORTS_MAX], port = 0;
	struct kh_error error = {0};

	(void)state;
	uv_loop_init(&loop);
	uv_loop_init(&others);
	ports[0] = listen_anywhere(&stranger, &others, ignore);
	ports[1] = listen_anywhere(&gone, &others, ignore);
	uv_close((uv_handle_t *)&gone, NULL);
	uv_run(&others, UV_RUN_NOWAIT);
	assert_int_equal(kh_takeover_port(&loop, ports, 1, &port, &error), KH_AGENT_BUSY);
	assert_int_equal(port, 0);
	assert_int_equal(kh_takeover_port(&loop, ports, 2, &port, &error), KH_OK);
	assert_int_equal(port, ports[1]);
	uv_close((uv_handle_t *)&stranger, NULL);
	end(&others);
	end(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_ports), cmocka_unit_test(test_second)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
