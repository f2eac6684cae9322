/* ELF (System V gABI, chapter 4) and PE (Microsoft PE/COFF, section 3) headers. */
#include "library.h"

#include <stdio.h>
#include <string.h>

#include "file.h"

#define HEADER 4096 /* bytes; a PE header stands behind a stub of any length */
#define ELF_SIZE 20
#define PE_PLACE 0x3c
#define PE_SIZE 26
#define PE_64 0x20b

static const struct {
	enum kh_library_format format;
	uint16_t machine;
	const char *name;
} machines[] = {
	{KH_LIBRARY_ELF, 3, "x86"},	{KH_LIBRARY_ELF, 62, "x86-64"},	    {KH_LIBRARY_ELF, 40, "ARM"},
	{KH_LIBRARY_ELF, 183, "ARM64"}, {KH_LIBRARY_ELF, 258, "LoongArch"}, {KH_LIBRARY_ELF, 8, "MIPS"},
	{KH_LIBRARY_PE, 0x14c, "x86"},	{KH_LIBRARY_PE, 0x8664, "x86-64"},  {KH_LIBRARY_PE, 0xaa64, "ARM64"},
};

static uint16_t word(const uint8_t *bytes, bool big)
{
	return (uint16_t)(big ? bytes[0] << 8 | bytes[1] : bytes[1] << 8 | bytes[0]);
}

static struct kh_library look_elf(const uint8_t *header)
{
	return (struct kh_library){KH_LIBRARY_ELF, header[4] == 2 ? 64 : 32, word(header + 18, header[5] == 2)};
}

static struct kh_library look_pe(const uint8_t *header, size_t length)
{
	size_t place = (size_t)word(header + PE_PLACE, false) | (size_t)word(header + PE_PLACE + 2, false) << 16;

	if (length < PE_SIZE || place > length - PE_SIZE || memcmp(header + place, "PE\0\0", 4) != 0)
		return (struct kh_library){.format = KH_LIBRARY_NONE};
	return (struct kh_library){KH_LIBRARY_PE, word(header + place + 24, false) == PE_64 ? 64 : 32,
				   word(header + place + 4, false)};
}

struct kh_library kh_library_look(const char *path)
{
	uint8_t header[HEADER];
	FILE *file = kh_file_open(path, "rb");
	size_t length = 0;

	if (file) {
		length = fread(header, 1, sizeof(header), file);
		(void)fclose(file);
	}
	if (length >= ELF_SIZE && memcmp(header, "\177ELF", 4) == 0)
		return look_elf(header);
	if (length >= PE_PLACE + 4 && memcmp(header, "MZ", 2) == 0)
		return look_pe(header, length);
	return (struct kh_library){.format = KH_LIBRARY_NONE};
}

bool kh_library_fits(const struct kh_library *program, const struct kh_library *library)
{
	return program->format == library->format && program->bits == library->bits &&
	       program->machine == library->machine;
}

void kh_library_describe(const struct kh_library *library, char *text, size_t size)
{
	const char *name = "?";

	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		if (machines[i].format == library->format && machines[i].machine == library->machine)
			name = machines[i].name;
	}
	snprintf(text, size, "%u-bit %s, %s", library->bits, name,
		 library->format == KH_LIBRARY_PE ? "Windows" : "Linux");
}
