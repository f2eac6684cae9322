/* A QR code (ISO/IEC 18004, by libqrencode) as an SVG picture. */
#ifndef HALL_QR_H
#define HALL_QR_H

/* The SVG text, the caller's; NULL: the text does not fit or memory is out. */
char *hall_qr_svg(const char *text);

#endif
