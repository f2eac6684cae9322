/*
 * A headline, a line, then an entry for each action; the one that a click on the icon does is bold.
 */
#include "tray/menu_win.h"

#include "wide_win.h"

#define FIRST 1 /* 0 is none */
#define LABEL_MAX 128

static void add(HMENU menu, UINT flags, UINT_PTR number, const char *label)
{
	wchar_t wide[LABEL_MAX];

	if (kh_wide(label, wide, LABEL_MAX))
		AppendMenuW(menu, MF_STRING | flags, number, wide);
}

static HMENU make_menu(const struct kh_tray_face *face)
{
	HMENU menu = CreatePopupMenu();

	if (!menu)
		return NULL;
	add(menu, MF_GRAYED, 0, face->headline);
	AppendMenuW(menu, MF_SEPARATOR, 0, NULL);
	for (UINT i = 0; i < KH_TRAY_ACTIONS; i++)
		add(menu, face->enabled[i] ? 0u : MF_GRAYED, FIRST + i, face->entries[i]);
	SetMenuDefaultItem(menu, FIRST + (UINT)face->primary, FALSE);
	return menu;
}

/* Without the two calls around it, it would stay when the user clicks elsewhere (TrackPopupMenu, remarks). */
enum kh_tray_action kh_menu_ask(HWND window, const struct kh_tray_face *face, POINT place)
{
	const UINT side = GetSystemMetrics(SM_MENUDROPALIGNMENT) != 0 ? TPM_RIGHTALIGN : TPM_LEFTALIGN;
	HMENU menu = make_menu(face);
	int number;

	if (!menu)
		return KH_TRAY_ACTIONS;
	SetForegroundWindow(window);
	number = TrackPopupMenuEx(menu, TPM_RETURNCMD | TPM_NONOTIFY | TPM_RIGHTBUTTON | side, place.x, place.y, window,
				  NULL);
	PostMessageW(window, WM_NULL, 0, 0);
	DestroyMenu(menu);
	return number >= FIRST ? (enum kh_tray_action)(number - FIRST) : KH_TRAY_ACTIONS;
}
