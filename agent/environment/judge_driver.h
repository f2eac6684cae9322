/*
 * The rows about the USB bus and the drivers: the inside of judge.h.
 */
#ifndef KH_AGENT_ENVIRONMENT_JUDGE_DRIVER_H
#define KH_AGENT_ENVIRONMENT_JUDGE_DRIVER_H

#include "environment/check.h"

void kh_check_usb(struct kh_check *check);
void kh_check_driver(struct kh_check *check);

#endif
