"""Runs a program in the network namespace it was started in, with 127.0.0.1 but without [::1].

By ioctl, because a bare system has no ip(8), and /proc/sys may be read-only.
"""
import fcntl
import os
import socket
import struct
import sys

SIOCGIFINDEX, SIOCSIFFLAGS, SIOCDIFADDR = 0x8933, 0x8914, 0x8936
IFF_UP, IFF_RUNNING = 0x1, 0x40

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as v4:
    fcntl.ioctl(v4, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP | IFF_RUNNING))
    index = struct.unpack("16si12x", fcntl.ioctl(v4, SIOCGIFINDEX, struct.pack("16si12x", b"lo", 0)))[1]
try:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as v6:
        fcntl.ioctl(v6, SIOCDIFADDR, struct.pack("16sIi", socket.inet_pton(socket.AF_INET6, "::1"), 128, index))
except OSError as error:
    # Where the machine has no IPv6 at all, nothing is to be taken away.
    if os.path.exists("/proc/net/if_inet6") and "00000000000000000000000000000001" in open("/proc/net/if_inet6").read():
        raise error
os.execvp(sys.argv[1], sys.argv[1:])
