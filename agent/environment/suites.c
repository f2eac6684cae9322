/* Names as the makers' own programs have them; on Linux those of their versions for Kylin and UOS. */
#include "environment/suites.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "processes.h"

static const struct suite {
	const char *process;
	const char *en, *zh;
} suites[] = {
	{"360tray", "360 Total Security", "360 安全卫士"},
	{"360safe", "360 Total Security", "360 安全卫士"},
	{"zhudongfangyu", "360 Total Security", "360 安全卫士"},
	{"360sd", "360 Antivirus", "360 杀毒"},
	{"360skylarsvc", "360 Endpoint Security", "360 终端安全"},
	{"hipstray", "Huorong", "火绒安全"},
	{"hipsdaemon", "Huorong", "火绒安全"},
	{"qqpctray", "Tencent PC Manager", "腾讯电脑管家"},
	{"qqpcrtp", "Tencent PC Manager", "腾讯电脑管家"},
	{"kxetray", "Kingsoft Antivirus", "金山毒霸"},
	{"kxescore", "Kingsoft Antivirus", "金山毒霸"},
	{"tqtray", "QAX Tianqing", "奇安信天擎"},
	{"qaxtray", "QAX Tianqing", "奇安信天擎"},
	{"trantoragent", "QAX Tianqing", "奇安信天擎"},
};
#define SUITES (sizeof(suites) / sizeof(suites[0]))

static void take(void *context, long process, const char *name)
{
	bool *runs = context;

	(void)process;
	for (size_t i = 0; i < SUITES; i++)
		runs[i] = runs[i] || strcasecmp(name, suites[i].process) == 0;
}

void kh_suites_running(const char *locale, char *text, size_t size)
{
	bool runs[SUITES] = {false};
	bool zh = strncmp(locale, "zh", 2) == 0;

	text[0] = '\0';
	kh_processes(take, runs);
	for (size_t i = 0; i < SUITES; i++) {
		const char *name = zh ? suites[i].zh : suites[i].en;
		size_t length = strlen(text);

		if (runs[i] && !strstr(text, name))
			snprintf(text + length, size - length, "%s%s", length == 0 ? "" : zh ? "、" : ", ", name);
	}
}
