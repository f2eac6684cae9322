/*
 * The machine on Linux: /sys, /proc and pcscd's files.
 */
#include "tool/facts.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "environment/reader.h"
#include "system.h"

#define USB "/sys/bus/usb/devices"
#define PCSCD_PID "/run/pcscd/pcscd.pid"
#define OS_RELEASE "/etc/os-release"

/* The first line of a file without what does not print; false: there is none. */
static bool read_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "r");
	bool fine = file && fgets(line, (int)size, file);

	if (file)
		fclose(file);
	if (!fine)
		return false;
	line[strcspn(line, "\n")] = '\0';
	for (char *at = line; *at != '\0'; at++)
		*at = (unsigned char)*at < ' ' ? '?' : *at;
	return true;
}

static void tell_line(struct kh_buffer *out, const char *folder, const char *name, const char *file)
{
	char path[KH_PATH_MAX], line[256];

	if (snprintf(path, sizeof(path), "%s/%s/%s", folder, name, file) < (int)sizeof(path) &&
	    read_line(path, line, sizeof(line)))
		kh_buffer_printf(out, " %s", line);
}

/* A device (1-2) with vendor, product and names, or an interface of one (1-2:1.0)
 * with its class: 0b is a smart card reader, 08 a disk, as a key in CD-ROM mode. */
static void tell_device(struct kh_buffer *out, const char *name)
{
	if (strchr(name, ':')) {
		kh_buffer_printf(out, "    interface %s class", strchr(name, ':') + 1);
		tell_line(out, USB, name, "bInterfaceClass");
	} else {
		kh_buffer_printf(out, "  %s", name);
		tell_line(out, USB, name, "idVendor");
		tell_line(out, USB, name, "idProduct");
		tell_line(out, USB, name, "manufacturer");
		tell_line(out, USB, name, "product");
	}
	kh_buffer_append_text(out, "\n");
}

static int is_device(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void tell_usb(struct kh_buffer *out)
{
	struct dirent **names = NULL;
	int count = scandir(USB, &names, is_device, alphasort);

	kh_buffer_append_text(out, "USB (vendor, product, names; class 0b: smart card reader, 08: disk)\n");
	if (count <= 0)
		kh_buffer_append_text(out, "  nothing\n");
	for (int i = 0; i < count; i++) {
		tell_device(out, names[i]->d_name);
		free(names[i]);
	}
	free(names);
}

static void tell_reader_service(struct kh_buffer *out)
{
	static const char *const states[] = {
		[KH_READER_RUNS] = "takes connections",
		[KH_READER_STOPPED] = "installed, takes no connections",
		[KH_READER_ABSENT] = "not installed",
	};
	static const char *const units[] = {"/etc/systemd/system/sockets.target.wants/pcscd.socket",
					    "/etc/systemd/system/pcscd.socket", "/etc/systemd/system/pcscd.service"};
	char pid[32], path[64], line[256];

	kh_buffer_printf(out, "PC/SC (pcscd): %s\n", states[kh_reader_service()]);
	if (read_line(PCSCD_PID, pid, 12)) {
		snprintf(path, sizeof(path), "/proc/%s/cgroup", pid);
		kh_buffer_printf(out, "  its process %s: %s\n", pid,
				 read_line(path, line, sizeof(line)) ? line : "is not there");
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		ssize_t length = readlink(units[i], line, sizeof(line) - 1);

		if (length > 0)
			kh_buffer_printf(out, "  %s -> %.*s\n", units[i], (int)length, line);
	}
}

static void tell_system(struct kh_buffer *out)
{
	char text[256], line[256];
	FILE *file = fopen(OS_RELEASE, "r");

	kh_system_describe(text, sizeof(text));
	kh_buffer_printf(out, "System: %s, %zu bit\n", text, sizeof(void *) * 8);
	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "PRETTY_NAME=", 12) == 0)
			kh_buffer_printf(out, "  %s", line + 12);
	}
	if (file)
		fclose(file);
	kh_buffer_printf(out, "Display: DISPLAY %s, WAYLAND_DISPLAY %s, XDG_SESSION_TYPE %s\n",
			 getenv("DISPLAY") ? "set" : "not set", getenv("WAYLAND_DISPLAY") ? "set" : "not set",
			 getenv("XDG_SESSION_TYPE") ? getenv("XDG_SESSION_TYPE") : "not set");
}

void kh_facts_tell(struct kh_buffer *out)
{
	tell_system(out);
	tell_reader_service(out);
	tell_usb(out);
}
