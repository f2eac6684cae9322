#!/usr/bin/env python3
"""Draws the lock of the notification area, a file for each state and size: every edge lies on a pixel.

    icons.py FOLDER

writes them into FOLDER as an icon theme has them; agent/tray/hicolor is what is installed. Those of 22 pixels are those of 24 without
their border.
States differ in shape, not in colour alone: full, hollow, and three badges (a clock, an exclamation mark, a cross).
"""
import pathlib
import sys

YELLOW, EDGE, HOLE = "#f7b90f", "#7a5200", "#5a3c00"
GREY, GREY_EDGE = "#b4b4b4", "#5e5e5e"
BLUE, RED, WHITE = "#1d5aa8", "#c8281e", "#ffffff"

# What is drawn on each grid: body (x, y, width, height), shackle, keyhole, the badge's middle and signs in it.
GRIDS = {
    24: {
        "body": (4.5, 10.5, 15, 10), "round": 1.5,
        "shackle": "M8 10.5V7.5a4 4 0 0 1 8 0v3", "outer": 3, "inner": 1,
        "hole": '<circle cx="12" cy="14.5" r="1.5"/><path d="M11.5 15h1v3h-1z"/>',
        "badge": (17.5, 17.5, 5), "clock": "M17.5 14.5v3h2.5", "cross": "M15.5 15.5l4 4m0-4l-4 4", "width": 1.4,
        "triangle": "M17.5 12.5l5.5 10h-11z", "mark": "M17 16h1v3h-1zM17 20h1v1h-1z",
    },
    16: {
        "body": (2.5, 7.5, 11, 7), "round": 1,
        "shackle": "M5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5", "outer": 2.6, "inner": 0.8,
        "hole": '<path d="M7 10h2v1h-.5v2h-1v-2H7z"/>',
        "badge": (11.5, 11.5, 4), "clock": "M11.5 9v2.5h2", "cross": "M10 10l3 3m0-3l-3 3", "width": 1.2,
        "triangle": "M11.5 7.5l4.5 8h-9z", "mark": "M11 10.5h1v2.5h-1zM11 14h1v1h-1z",
    },
}


def lock(grid, fill, edge, hole):
    x, y, width, height = grid["body"]
    shackle = f'<path d="{grid["shackle"]}" fill="none" stroke="{{}}" stroke-width="{{}}"/>'
    body = f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{grid["round"]}" fill="{fill}" stroke="{edge}"/>'
    return [shackle.format(edge, grid["outer"]), shackle.format(fill, grid["inner"]), body, f'<g fill="{hole}">{grid["hole"]}</g>']


# Two lines, so that it shows on dark and light panels.
def hollow(grid):
    x, y, width, height = grid["body"]
    shackle = f'<path d="{grid["shackle"]}" fill="none" stroke="{{}}" stroke-width="{{}}"/>'
    body = '<rect x="{}" y="{}" width="{}" height="{}" rx="{}" fill="none" stroke="{}"/>'
    return [shackle.format(EDGE, grid["outer"]), shackle.format(YELLOW, grid["inner"]),
            body.format(x, y, width, height, grid["round"], EDGE), body.format(x + 1, y + 1, width - 2, height - 2, grid["round"] - 0.5, YELLOW)]


def disc(grid, colour, sign):
    x, y, radius = grid["badge"]
    return [f'<circle cx="{x}" cy="{y}" r="{radius + 0.5}" fill="{WHITE}"/>', f'<circle cx="{x}" cy="{y}" r="{radius - 0.5}" fill="{colour}"/>',
            f'<path d="{grid[sign]}" fill="none" stroke="{WHITE}" stroke-width="{grid["width"]}"/>']


def triangle(grid):
    return [f'<path d="{grid["triangle"]}" fill="{RED}" stroke="{WHITE}" stroke-linejoin="round"/>', f'<path d="{grid["mark"]}" fill="{WHITE}"/>']


STATES = {
    "fine": lambda grid: lock(grid, YELLOW, EDGE, HOLE),
    "no-key": hollow,
    "due": lambda grid: lock(grid, YELLOW, EDGE, HOLE) + disc(grid, BLUE, "clock"),
    "wrong": lambda grid: lock(grid, YELLOW, EDGE, HOLE) + triangle(grid),
    "absent": lambda grid: lock(grid, GREY, GREY_EDGE, GREY_EDGE) + disc(grid, GREY_EDGE, "cross"),
}
# folder: its grid, the part of it, pixels
SIZES = {"16x16": (16, "0 0 16 16", 16), "22x22": (24, "1 1 22 22", 22), "scalable": (24, "0 0 24 24", 24)}


def draw(state, size):
    grid, box, pixels = SIZES[size]
    parts = "\n\t".join(STATES[state](GRIDS[grid]))
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{pixels}" height="{pixels}" viewBox="{box}">\n\t{parts}\n</svg>\n'


def main():
    for size in SIZES:
        folder = pathlib.Path(sys.argv[1]) / size / "status"
        folder.mkdir(parents=True, exist_ok=True)
        for state in STATES:
            (folder / f"keyhall-{state}.svg").write_text(draw(state, size), encoding="utf-8")


main()
