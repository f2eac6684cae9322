/*
 * pin.verify and pin.change: the token host opens the PIN window; what is typed
 * there never comes here.
 */
#ifndef KH_AGENT_PIN_H
#define KH_AGENT_PIN_H

#include "request.h"

void kh_pin_call(struct kh_request *request);

#endif
