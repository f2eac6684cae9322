/*
 * Files by their path in UTF-8, on every system. file_posix.c, file_win.c
 */
#ifndef KH_PROTOCOL_FILE_H
#define KH_PROTOCOL_FILE_H

#include <stdbool.h>
#include <stdio.h>

/* As fopen(); children do not inherit it. */
FILE *kh_file_open(const char *path, const char *mode);

/* What follows the last separator of folders. */
const char *kh_file_name(const char *path);
/* Whether a path does not depend on the working folder. */
bool kh_file_is_absolute(const char *path);

/* The arguments of main in UTF-8; first thing in main. */
void kh_file_arguments(int *count, char ***values);

#endif
