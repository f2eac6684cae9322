#!/usr/bin/env python3
"""The udev rules for the keys of the driver profiles: udev.py OUT PROFILE...

Vendors' drivers open the USB device or its hidraw node themselves. Without a rule only root may; with the
tag uaccess the user at the screen may, too (systemd-logind). The file's number is below 73, where the tag is looked at.
"""
import json
import sys


def main():
    out, *profiles = sys.argv[1:]
    ids = {}
    for name in profiles:
        with open(name, encoding="utf-8") as file:
            profile = json.load(file)
        for usb in profile.get("usb", []):
            ids.setdefault(usb["id"], profile["names"]["en"] if "names" in profile else profile["name"])
    with open(out, "w", encoding="utf-8") as file:
        file.write("# Made from the driver profiles: the user at the screen may use these keys.\n")
        for usb in sorted(ids):
            vendor, product = usb.split(":")
            file.write(f'# {ids[usb]}\n'
                       f'SUBSYSTEM=="usb", ENV{{DEVTYPE}}=="usb_device", ATTR{{idVendor}}=="{vendor}", ATTR{{idProduct}}=="{product}", TAG+="uaccess"\n'
                       f'KERNEL=="hidraw*", ATTRS{{idVendor}}=="{vendor}", ATTRS{{idProduct}}=="{product}", TAG+="uaccess"\n')


main()
