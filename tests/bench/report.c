/* The table, as text for the terminal or as Markdown for docs/performance.md. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define COLUMNS 6
#define ROWS 64
#define CELL 64

struct report {
	char cells[ROWS][COLUMNS][CELL];
	size_t count, missed;
};

static const char *const heads[COLUMNS] = {"what",	     "Keyhall",		"bare libwebsockets",
					   "C_ calls alone", "ratio p50 / min", "aim"};

struct report *report_new(void)
{
	struct report *report = calloc(1, sizeof *report);

	if (!report)
		bench_die("out of memory");
	return report;
}

void report_figure(struct report *report, const char *name, const char *product, const char *echo, const char *module,
		   const char *ratio, const char *aim, bool missed)
{
	const char *const texts[COLUMNS] = {name, product, echo, module, ratio, aim};

	if (report->count == ROWS)
		bench_die("the table is full");
	for (int i = 0; i < COLUMNS; i++)
		snprintf(report->cells[report->count][i], CELL, "%s%s", texts[i] ? texts[i] : "",
			 i == COLUMNS - 1 && missed ? ", MISSED" : "");
	report->count++;
	report->missed += missed;
}

static void format_time(char *out, struct samples *samples)
{
	double middle, least;

	out[0] = 0;
	if (!samples || samples->count == 0)
		return;
	middle = samples_p50(samples);
	least = samples_minimum(samples);
	if (middle >= 1000)
		snprintf(out, CELL, "%.2f / %.2f ms", middle / 1000, least / 1000);
	else
		snprintf(out, CELL, "%.0f / %.0f µs", middle, least);
}

void report_times(struct report *report, const char *name, struct samples *product, struct samples *echo,
		  struct samples *module, enum reference reference, double aim)
{
	char times[3][CELL], ratio[CELL] = "", wanted[CELL] = "";
	double middle = samples_p50(module), least = samples_minimum(module), quotient = 0;

	format_time(times[0], product);
	format_time(times[1], echo);
	format_time(times[2], module);
	if (reference == REFERENCE_BOTH) {
		middle += samples_p50(echo);
		least += samples_minimum(echo);
	} else if (reference == REFERENCE_ECHO) {
		middle = samples_p50(echo);
		least = samples_minimum(echo);
	}
	quotient = samples_p50(product) / middle;
	snprintf(ratio, CELL, "%.2f / %.2f", quotient, samples_minimum(product) / least);
	if (aim > 0)
		snprintf(wanted, CELL, "≤ %.2f", aim);
	report_figure(report, name, times[0], times[1], times[2], ratio, wanted, aim > 0 && quotient > aim);
}

/* Columns as seen: UTF-8 continuation bytes take no room. */
static int width(const char *text)
{
	int columns = 0;

	for (; *text; text++)
		columns += ((unsigned char)*text & 0xc0) != 0x80;
	return columns;
}

static void print_row(FILE *out, const char *const cells[COLUMNS], const int widths[COLUMNS], bool markdown)
{
	for (int i = 0; i < COLUMNS; i++)
		fprintf(out, "%s%s%*s",
			markdown ? "| "
			: i	 ? "  "
				 : "",
			cells[i], widths[i] - width(cells[i]) + markdown, "");
	fprintf(out, "%s\n", markdown ? "|" : "");
}

void report_print(const struct report *report, FILE *out, bool markdown)
{
	int widths[COLUMNS];

	for (int i = 0; i < COLUMNS; i++) {
		widths[i] = width(heads[i]);
		for (size_t row = 0; row < report->count; row++)
			if (width(report->cells[row][i]) > widths[i])
				widths[i] = width(report->cells[row][i]);
	}
	print_row(out, heads, widths, markdown);
	if (markdown)
		fprintf(out, "|---|---|---|---|---|---|\n");
	for (size_t row = 0; row < report->count; row++) {
		const char *cells[COLUMNS];

		for (int i = 0; i < COLUMNS; i++)
			cells[i] = report->cells[row][i];
		print_row(out, cells, widths, markdown);
	}
	fprintf(out, "\n%zu of the aims missed in this run.\n", report->missed);
}

void report_free(struct report *report)
{
	free(report);
}
