/*
 * Files on POSIX, where every call takes any bytes.
 */
#include "file.h"

#include <string.h>

FILE *kh_file_open(const char *path, const char *mode)
{
	char own[8];

	snprintf(own, sizeof(own), "%se", mode);
	return fopen(path, own);
}

const char *kh_file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool kh_file_is_absolute(const char *path)
{
	return path[0] == '/';
}

void kh_file_arguments(int *count, char ***values)
{
	(void)count;
	(void)values;
}
