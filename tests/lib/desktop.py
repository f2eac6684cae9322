"""A desktop on the session bus: notification server, screen saver and, with "portal", what opens addresses, with "panel" a notification
area (panel.py).

    python3 desktop.py [actions] [markup] [portal] [panel]

What it is asked goes to standard output, a JSON line each: {"notify": {...}}, {"closed": ID}, {"opened": ADDRESS}, {"shows": {...}}. Lines of
standard input are the user: {"click": [ID, ACTION]}, {"dismiss": ID}, {"lock": true}; {"panel": false} takes the notification area away;
{"choose": LABEL}, {"activate": true}, {"look": true} are at its icon.
"""
import ctypes
import json
import signal
import sys

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

from panel import Panel

SERVICE, PLACE = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
SAVER, PORTAL = "org.freedesktop.ScreenSaver", "org.freedesktop.portal.Desktop"


def tell(**what):
    print(json.dumps(what), flush=True)


class Notifications(dbus.service.Object):
    def __init__(self, bus, words):
        super().__init__(bus, PLACE)
        self.capabilities = ["body"] + [name for word, name in (("actions", "actions"), ("markup", "body-markup")) if word in words]
        self.last = 0

    @dbus.service.method(SERVICE, out_signature="as")
    def GetCapabilities(self):
        return self.capabilities

    @dbus.service.method(SERVICE, in_signature="susssasa{sv}i", out_signature="u")
    def Notify(self, application, replaces, icon, title, body, actions, hints, expires):
        self.last += 1
        tell(notify={"id": self.last, "application": application, "title": title, "body": body, "actions": list(actions)})
        return self.last

    @dbus.service.method(SERVICE, in_signature="u")
    def CloseNotification(self, number):
        tell(closed=int(number))

    @dbus.service.signal(SERVICE, signature="us")
    def ActivationToken(self, number, token):
        pass

    @dbus.service.signal(SERVICE, signature="us")
    def ActionInvoked(self, number, action):
        pass

    @dbus.service.signal(SERVICE, signature="uu")
    def NotificationClosed(self, number, reason):
        pass


class Saver(dbus.service.Object):
    locked = False

    @dbus.service.method(SAVER, out_signature="b")
    def GetActive(self):
        return self.locked


class Request(dbus.service.Object):
    @dbus.service.signal("org.freedesktop.portal.Request", signature="ua{sv}")
    def Response(self, response, results):
        pass


class Portal(dbus.service.Object):
    @dbus.service.method("org.freedesktop.portal.OpenURI", in_signature="ssa{sv}", out_signature="o")
    def OpenURI(self, window, address, options):
        place = "/org/freedesktop/portal/desktop/request/1"
        tell(opened=address, token=options.get("activation_token", ""))
        request = Request(self.connection, place)
        GLib.idle_add(lambda: request.Response(0, dbus.Dictionary({}, signature="sv")))
        return dbus.ObjectPath(place)


def main():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    words = sys.argv[1:]
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    bus = dbus.SessionBus()
    names = [dbus.service.BusName(name, bus) for name in [SERVICE, SAVER] + ([PORTAL] if "portal" in words else [])]
    notifications, saver = Notifications(bus, words), Saver(bus, "/org/freedesktop/ScreenSaver")
    portal = Portal(bus, "/org/freedesktop/portal/desktop") if "portal" in words else None

    panel = Panel(bus, tell)
    if "panel" in words:
        panel.come()

    def act(source, condition):
        line = sys.stdin.readline()
        if not line:
            loop.quit()
            return False
        [(what, value)] = json.loads(line).items()
        if what == "click":
            notifications.ActivationToken(value[0], "token-of-the-desktop")
            notifications.ActionInvoked(*value)
            notifications.NotificationClosed(value[0], 2)
        elif what == "dismiss":
            notifications.NotificationClosed(value, 2)
        elif what == "lock":
            saver.locked = value
            tell(locked=value)
        else:
            panel.act(what, value)
        return True

    loop = GLib.MainLoop()
    GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, act)
    tell(ready=len(names), portal=portal is not None)
    loop.run()


main()
