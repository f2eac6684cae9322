/*
 * Where the files for browsers lie. A program run from its build folder finds
 * places.txt beside itself, written by meson: the source folders. An installed
 * one uses the data folder next to its own ("../share/keyhall/hall").
 */
#ifndef HALL_PLACES_H
#define HALL_PLACES_H

struct hall_places {
	char *pages;
	char *sdk;
};

void hall_places_find(struct hall_places *places);
void hall_places_finish(struct hall_places *places);

#endif
