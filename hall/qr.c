/* A QR code as an SVG picture. */
#include "qr.h"

#include <stdio.h>
#include <stdlib.h>

#include <qrencode.h>

#define QUIET 4 /* modules of white around it, as the standard asks */

static void write_modules(FILE *out, const QRcode *code)
{
	for (int y = 0; y < code->width; y++)
		for (int x = 0; x < code->width; x++)
			if (code->data[y * code->width + x] & 1)
				fprintf(out, "M%d %dh1v1h-1z", x + QUIET, y + QUIET);
}

char *hall_qr_svg(const char *text)
{
	QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
	char *svg = NULL;
	size_t length = 0;
	FILE *out = !code ? NULL : open_memstream(&svg, &length);

	if (out) {
		int side = code->width + 2 * QUIET;
		fprintf(out,
			"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
			"shape-rendering=\"crispEdges\">"
			"<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/><path fill=\"#000\" d=\"",
			side, side, side, side);
		write_modules(out, code);
		fputs("\"/></svg>\n", out);
		if (fclose(out) != 0) {
			free(svg);
			svg = NULL;
		}
	}
	QRcode_free(code);
	return svg;
}
