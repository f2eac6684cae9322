"""A USB bus in software: umockdev's testbed around a program, changed by lines on standard input.

    umockdev-wrapper python3 bus.py PROGRAM ARG...

[DEVICE, ...] are there first, then {"add": DEVICE} plugs in, {"remove": PATH} pulls out; DEVICE as umockdev writes it, PATH from /sys on.
"""
import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Bus:
    def __init__(self):
        self.library = ctypes.CDLL("libumockdev.so.0")
        for name, result in (("new", ctypes.c_void_p), ("get_root_dir", ctypes.c_char_p), ("add_from_string", ctypes.c_int)):
            getattr(self.library, "umockdev_testbed_" + name).restype = result
        self.testbed = ctypes.c_void_p(self.library.umockdev_testbed_new())

    def call(self, name, *texts):
        return getattr(self.library, "umockdev_testbed_" + name)(self.testbed, *[text and text.encode() for text in texts])

    def root(self):
        return self.call("get_root_dir").decode()

    def add(self, device):
        if not self.call("add_from_string", device, None):
            sys.exit("bus.py: no device")
        self.send("/sys" + device.split("\n")[0].removeprefix("P: "), "add")

    def remove(self, path):
        self.send(path, "remove")
        self.call("remove_device", path)

    def send(self, path, what):
        """Not before the last one was read: umockdev ends this program where ten wait for a slow one."""
        while any(self.root() in row and row.split()[2] != "0" for row in subprocess.check_output(["ss", "-xaH"], text=True).splitlines()):
            time.sleep(0.002)
        self.call("uevent", path, what)


def lines(going):
    """Lines of standard input while going(); not by a thread, as the testbed is of one."""
    rest = b""
    while going():
        if b"\n" in rest:
            line, rest = rest.split(b"\n", 1)
            yield json.loads(line)
        elif select.select([0], [], [], 0.1)[0]:
            more = os.read(0, 65536)
            if not more:
                return
            rest += more


def main():
    bus = Bus()
    for device in next(lines(lambda: True)):
        bus.add(device)
    environment = {**os.environ, "UMOCKDEV_DIR": bus.root()}
    child = subprocess.Popen(sys.argv[1:], env=environment, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    for command in lines(lambda: child.poll() is None):
        [(what, text)] = command.items()
        getattr(bus, what)(text)
    status = child.wait()
    sys.exit(status if status >= 0 else 128 - status)


main()
