/*
 * The process itself: hardening, its folders, what system it runs on. Signals
 * and children go through libuv.
 */
#ifndef KH_AGENT_SYSTEM_H
#define KH_AGENT_SYSTEM_H

#include <stddef.h>
#include <uv.h>

#include "error.h"
#include "profile_file.h"

#define KH_PATH_MAX 4096

/* First thing in main: no core dumps and no debugger of the same user, no new
 * privileges, writes to a closed pipe or beyond a limit are errors and not the
 * end. */
void kh_system_harden(void);

/* Leaves the terminal: the process goes on in the background. */
KH_CHECKED enum kh_code kh_system_detach(struct kh_error *error);

/* Makes a folder and those above it, for the user only. */
KH_CHECKED enum kh_code kh_system_make_folder(const char *path, struct kh_error *error);

/* The language of the user's session, "zh-CN" or "en" (any other); empty when the
 * system says none. */
void kh_system_locale(char *locale, size_t size);

/* The user's home, configuration and state folders as the system says; empty
 * when it says none. */
void kh_system_home(char *path, size_t size);
void kh_system_configuration(char *path, size_t size);
void kh_system_state(char *path, size_t size);
/* Where the files of this user's session are, which nobody deletes while it
 * lasts; empty when there is none, or it cannot be written. */
void kh_system_runtime(char *path, size_t size);
/* The configuration of all users; on Windows empty where it is another user's (owner_win.h). */
const char *kh_system_system_configuration(void);

/* A readable file (not a folder). */
bool kh_system_readable(const char *path);

/* The n-th token host: beside the running program in the build tree, else where it is installed. The first is of
 * our own processor, others are for libraries of another; agent.failed behind the last. */
KH_CHECKED enum kh_code kh_system_token_host(size_t n, char *path, size_t size, struct kh_error *error);

/* The same for the program that shows a notification, and for keyhall. */
KH_CHECKED enum kh_code kh_system_notifier(char *path, size_t size, struct kh_error *error);
KH_CHECKED enum kh_code kh_system_tool(char *path, size_t size, struct kh_error *error);
/* The daemon; as_desktop: what the desktop starts it with at login, where it is installed. */
KH_CHECKED enum kh_code kh_system_daemon(bool as_desktop, char *path, size_t size, struct kh_error *error);

/* The n-th usual place of OpenSC's module; NULL behind the last. */
const char *kh_system_usual_module(size_t n);

/* The folders where drivers usually are, and those where p11-kit's registrations
 * are; each that is there is told. */
void kh_system_libraries(void (*use)(void *context, const char *folder), void *context);
void kh_system_registrations(void (*use)(void *context, const char *folder), void *context);

/* Ends a child started by uv_spawn with UV_PROCESS_DETACHED, and what it has
 * started, at once; also after the child's own end, while its handle is not closed. */
void kh_system_kill_group(const uv_process_t *leader);

/* Whether a child that ended so, as libuv tells it, has crashed or was killed. number: the
 * signal, or the exception of Windows. */
bool kh_system_crashed(int64_t status, int signal, int *number);

/* What a poll(2) mask, as libraries hand it out, is to uv_poll_start. */
int kh_system_poll_events(short events);

/* This system in driver profiles. */
enum kh_profile_module_system kh_system_name(void);

/* System, release and machine in one line. */
void kh_system_describe(char *text, size_t size);

#endif
