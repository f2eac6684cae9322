/*
 * What the bench is made of. One program drives everything, so that the rounds
 * of the product, of a bare libwebsockets echo and of the same C_ calls in one
 * process (the limit) alternate and noise hits all three alike.
 *
 * Nothing here is asserted about time; an operation that fails ends the run
 * through bench_die().
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#define BENCH_PIN "123456"
#define BENCH_PATH 512

_Noreturn void bench_die(const char *format, ...) __attribute__((format(printf, 1, 2)));
double bench_now(void); /* microseconds, monotonic */

/* samples.c: times of one operation by one party, in microseconds. */
struct samples {
	double *values;
	size_t count, size;
};
void samples_add(struct samples *samples, double value);
double samples_p50(struct samples *samples);
double samples_minimum(struct samples *samples);
void samples_finish(struct samples *samples);

/* client.c: a blocking WebSocket client on a raw socket. */
struct client {
	int fd;
	char *message; /* the last one, NUL behind it; owned by the client */
	size_t length, size;
	char *pending; /* bytes read beyond it */
	size_t pending_length, pending_size;
};
/* False while nobody listens; dies on a refused handshake. */
bool client_open(struct client *client, int port, const char *origin, const char *protocol);
void client_send(struct client *client, const char *text, size_t length);
void client_receive(struct client *client);
void client_close(struct client *client);

/* process.c: children and what the kernel tells about them. */
struct memory {
	long rss, dirty; /* KiB; -1 when the kernel does not tell */
};
pid_t process_start(char *const *argv, char *const *environment, const char *log);
void process_stop(pid_t pid);
pid_t process_child(pid_t pid, const char *name); /* -1: none */
struct memory process_memory(pid_t pid);
long process_wakeups(pid_t pid); /* voluntary context switches so far */
int process_free_port(void);
/* System calls of a process while work() runs; -1 without strace. */
double process_system_calls(pid_t pid, void (*work)(void *), void *data);
void process_shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ca.c: the certificates of the measured tokens. */
struct ca {
	EVP_PKEY *key;
	X509 *root;
};
struct ca ca_new(const char *pem_path);
/* A company certificate, DER from OPENSSL_malloc, 345 days old, 20 to go. */
size_t ca_issue(const struct ca *ca, EVP_PKEY *key, const char *name, unsigned char **der);
/* The same for a request; PEM from malloc. */
char *ca_renew(const struct ca *ca, const char *request_pem);
char *ca_fingerprint(const char *pem); /* hex SHA-256 of the DER, malloc */
EVP_PKEY *ca_p256(const unsigned char *point, size_t length);

/* module.c: the limit. A PKCS#11 module in this very process.
 * configuration: SoftHSM2's file, or softkey's folder. */
struct renewed {
	unsigned long private_key, public_key, certificate;
};
void module_open(const char *path, const char *configuration);
void module_login(void);
void module_close(void);
/* Instead of module_open(), on an empty token folder. */
void module_make_token(const char *path, const char *configuration, const struct ca *ca, int certificates);
size_t module_list(void); /* every certificate with its attributes; count */
size_t module_list_tokens(void);
/* The C_ calls of one renewal: begin() and install(). */
void module_begin(struct renewed *pair, unsigned char point[67]);
void module_install(struct renewed *pair, const unsigned char *der, size_t length);
void module_forget(struct renewed *pair);

/* direct.c: a whole renewal on this module in the fewest C_ calls that check what the agent checks. */
void direct_open(const char *path, const char *configuration);
void direct_close(void);
size_t direct_list(void); /* certificates; only what is new is read */
void direct_login(void);
void direct_begin(unsigned char point[67]);
void direct_install(const unsigned char *der, size_t length);
void direct_complete(void);

/* product.c: keyhalld and its token host. */
struct product {
	pid_t daemon;
	struct client client;
	int port;
	int next_id;
	char token[1024];
};
struct fixture {
	char folder[BENCH_PATH]; /* in RAM */
	char build[BENCH_PATH];	 /* with agent/ and pkcs11/ */
	char module[BENCH_PATH]; /* the PKCS#11 module */
	char pinentry[BENCH_PATH];
	struct ca ca;
};
#define PRODUCT_ORIGINS 4
extern const char *const product_origins[PRODUCT_ORIGINS];
void product_start(struct product *product, const struct fixture *fixture, const char *configuration);
void product_connect(struct product *product, struct client *client, const char *origin);
/* Sends, waits, dies on an error. Returns the time; the answer is in the client. */
double product_call(struct product *product, const char *method, const char *params);
void product_hello(struct product *product);
double product_login(struct product *product); /* pin.verify */
/* Count; first: an id, malloc, or NULL. */
size_t product_certificates(struct product *product, char **first);
/* start, connect, hello, and the token has been seen. */
void product_open(struct product *product, const struct fixture *fixture, const char *configuration);
/* One renewal, call by call. */
struct renewal {
	char order[32];
	char *request, *pem;
};
double product_begin(struct product *product, struct renewal *renewal, const char *certificate);
double product_install(struct product *product, struct renewal *renewal, const struct ca *ca);
/* Also its end: the id of the old certificate becomes the new one's. */
double product_complete(struct product *product, struct renewal *renewal, char **certificate);
pid_t product_host(const struct product *product);
void product_stop(struct product *product);

/* report.c: the table. */
struct report;
struct report *report_new(void);
/* A row of times, p50 and minimum. The ratio is product / reference; aim 0: none. */
enum reference { REFERENCE_ECHO, REFERENCE_MODULE, REFERENCE_BOTH };
void report_times(struct report *report, const char *name, struct samples *product, struct samples *echo,
		  struct samples *module, enum reference reference, double aim);
void report_figure(struct report *report, const char *name, const char *product, const char *echo, const char *module,
		   const char *ratio, const char *aim, bool missed);
void report_print(const struct report *report, FILE *out, bool markdown);
void report_free(struct report *report);

#endif
