/*
 * The rows about the USB bus and the drivers: the inside of judge.h.
 */
#ifndef KH_AGENT_ENVIRONMENT_JUDGE_DRIVER_H
#define KH_AGENT_ENVIRONMENT_JUDGE_DRIVER_H

#include "environment/check.h"

void kh_check_usb(struct kh_check *check);
void kh_check_driver(struct kh_check *check);

/* Why the driver at path does not work with a token host. kind: what its file is made
 * for, "" where it is no program library. */
enum kh_finding kh_driver_failure(const struct kh_error *failure, const char *program, const char *path, char *kind,
				  size_t size);

#endif
