/*
 * The menu of the icon on Windows.
 */
#ifndef KH_AGENT_TRAY_MENU_WIN_H
#define KH_AGENT_TRAY_MENU_WIN_H

#include <windows.h>

#include "tray/face.h"

/* Shows it at this place of the screen until the user has chosen an entry or wants none: KH_TRAY_ACTIONS. It takes
 * what it shows of the face before it waits; window has the keyboard meanwhile, and goes on hearing messages. */
enum kh_tray_action kh_menu_ask(HWND window, const struct kh_tray_face *face, POINT place);

#endif
