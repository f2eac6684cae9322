#!/usr/bin/env python3
"""Makes an icon of Windows from drawings.

    icon.py ICON SIZE=SVG …      the sizes in pixels
"""
import pathlib
import subprocess
import sys
import tempfile


def main():
    icon, *drawings = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        pictures = []
        for size, drawing in (one.split("=", 1) for one in drawings):
            pictures.append(pathlib.Path(folder) / f"{size}.png")
            subprocess.run(["rsvg-convert", "--width", size, "--height", size, "--output", pictures[-1], drawing], check=True)
        subprocess.run(["icotool", "--create", "--output", icon, *pictures], check=True)


main()
