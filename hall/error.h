/*
 * Errors of the hall: one table of names, HTTP statuses and texts, one struct.
 *
 * Every function that can fail returns enum hall_code and fills a struct
 * hall_error (may be NULL) completely; on HALL_OK the error is left alone. A
 * page gets {"error":{"name","code","message":{"zh","en"}, field, what, ...}}: only
 * the members that were filled in. Texts may hold {field}, {what}, {opens},
 * {closes}, {state}.
 *
 * Names and numbers are the hall's promise to integrators (README.md lists them);
 * the number is what a clerk reads over the phone.
 */
#ifndef HALL_ERROR_H
#define HALL_ERROR_H

#include <jansson.h>

#define HALL_CHECKED __attribute__((warn_unused_result))

/* X(constant, name, number, HTTP status, zh, en) */
#define HALL_ERRORS(X)                                                                                                 \
	X(INPUT_INVALID, "input.invalid", 5001, 400, "提交的内容有误：{field}。",                                      \
	  "The request is not valid: {field}.")                                                                        \
	X(ORIGIN_DENIED, "origin.denied", 5002, 403, "请求不是来自本网上服务厅的页面。",                               \
	  "The request does not come from a page of this hall.")                                                       \
	X(PAGE_ABSENT, "page.absent", 5003, 404, "没有这个页面。", "There is no such page.")                           \
	X(ORDER_ABSENT, "order.absent", 5004, 404, "没有这个订单。", "There is no such order.")                        \
	X(ORDER_FOREIGN, "order.foreign", 5005, 403, "请先用证书打开这个订单。",                                       \
	  "Open this order with its certificate first.")                                                               \
	X(ORDER_STATE, "order.state", 5006, 409, "订单当前状态（{state}）不能进行此操作。",                            \
	  "The order's state ({state}) does not allow this.")                                                          \
	X(ORDER_REISSUES, "order.reissues", 5007, 409, "补发次数已用完，请联系客服。",                                 \
	  "No further re-issue is possible; please call the hotline.")                                                 \
	X(WINDOW_EARLY, "window.early", 5008, 409, "还不能更新，{opens} 起可以办理。",                                 \
	  "It is too early: renewal opens on {opens}.")                                                                \
	X(WINDOW_LATE, "window.late", 5009, 409, "已超过更新期限（{closes}），请重新申请证书。",                       \
	  "It is too late: renewal closed on {closes}. Please apply for a new certificate.")                           \
	X(CERTIFICATE_FOREIGN, "certificate.foreign", 5010, 422, "这张证书不是本机构签发的。",                         \
	  "This certificate was not issued by this authority.")                                                        \
	X(CERTIFICATE_REVOKED, "certificate.revoked", 5011, 409, "这张证书已被吊销，不能更新。",                       \
	  "This certificate is revoked and cannot be renewed.")                                                        \
	X(CERTIFICATE_USAGE, "certificate.usage", 5012, 422, "这是加密证书，请用签名证书办理更新。",                   \
	  "This certificate is for encryption; renew with the signing certificate.")                                   \
	X(PROOF_INVALID, "proof.invalid", 5013, 422, "旧证书的签名证明无效（{what}）。",                               \
	  "The proof by the old certificate is not valid ({what}).")                                                   \
	X(RECEIPT_INVALID, "receipt.invalid", 5014, 422, "新证书的安装回执无效（{what}）。",                           \
	  "The receipt by the new certificate is not valid ({what}).")                                                 \
	X(KEY_IMPORT, "key.import", 5015, 422, "这个 USB Key 不能导入加密密钥，请联系客服。",                          \
	  "This key cannot take an encryption key; please call the hotline.")                                          \
	X(ORDER_ENVELOPES, "order.envelopes", 5016, 409, "重新获取加密密钥的次数已用完，请联系客服。",                 \
	  "The encryption key cannot be had once more; please call the hotline.")                                      \
	X(ENCRYPTION_ABSENT, "encryption.absent", 5017, 404, "这个订单没有加密证书。",                                 \
	  "This order has no encryption certificate.")                                                                 \
	X(PAYMENT_ABSENT, "payment.absent", 5018, 404, "没有这笔支付。", "There is no such payment.")                  \
	X(PAYMENT_EXPIRED, "payment.expired", 5019, 409, "支付已过期，请回到服务厅重新支付。",                         \
	  "This payment has expired; go back to the hall for a new one.")                                              \
	X(NOTICE_INVALID, "notice.invalid", 5020, 403, "银行通知的签名无效。",                                         \
	  "The bank's notice is not signed by it.")                                                                    \
	X(CA_UNAVAILABLE, "ca.unavailable", 5021, 503, "制证中，请稍候再看。",                                         \
	  "The certificate is being made; please look again soon.")                                                    \
	X(CA_REFUSED, "ca.refused", 5022, 422, "制证未通过审核（{what}），已转人工处理。",                             \
	  "The authority did not accept the request ({what}); our staff takes over.")                                  \
	X(FAILED, "hall.failed", 5023, 500, "服务厅内部错误，请稍后再试或联系客服。",                                  \
	  "Internal error of the hall; please try again later or call the hotline.")

#define HALL_ERROR_CONSTANT(constant, name, number, status, zh, en) HALL_E_##constant,
enum hall_code { HALL_OK = 0, HALL_ERRORS(HALL_ERROR_CONSTANT) HALL_CODE_COUNT };
#undef HALL_ERROR_CONSTANT

/* An empty text is "not given". Owns no memory. */
struct hall_error {
	enum hall_code code;
	char field[64];
	char what[64];
	char opens[32];
	char closes[32];
	char state[16];
};

/* Clear the error, set its code, return the code. */
enum hall_code hall_fail(struct hall_error *error, enum hall_code code);
enum hall_code hall_fail_field(struct hall_error *error, const char *field);
enum hall_code hall_fail_what(struct hall_error *error, enum hall_code code, const char *what);
enum hall_code hall_fail_state(struct hall_error *error, const char *state); /* order.state */
/* HALL_FAILED; the failing call goes to the log, never to the page. */
enum hall_code hall_fail_call(struct hall_error *error, const char *call, const char *value);

const char *hall_code_name(enum hall_code code);
enum hall_code hall_code_of(const char *name);
int hall_code_status(enum hall_code code);

/* {"name","code","message":{"zh","en"}, ...}; the caller owns it. */
json_t *hall_error_json(const struct hall_error *error);

#endif
