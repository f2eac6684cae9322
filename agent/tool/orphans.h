/*
 * What a library has started, and left behind. orphans_posix.c,
 * orphans_win.c
 */
#ifndef KH_AGENT_TOOL_ORPHANS_H
#define KH_AGENT_TOOL_ORPHANS_H

/* From now on what our children leave behind is ours. */
void kh_orphans_adopt(void);
/* Ends all that is ours, at once. */
void kh_orphans_end(void);

#endif
