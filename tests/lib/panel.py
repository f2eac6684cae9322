"""The notification area of a desktop, for desktop.py: org.kde.StatusNotifierWatcher and a host that shows what comes.

What it shows goes to tell(shows={...}), again at every change, tell(shows=None) when it has gone; act() is the user at it.
"""
import dbus
import dbus.service
from gi.repository import GLib

WATCHER, PLACE = "org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher"
ITEM, ITEM_PLACE, MENU = "org.kde.StatusNotifierItem", "/StatusNotifierItem", "com.canonical.dbusmenu"
SIGNALS = ("NewTitle", "NewIcon", "NewStatus", "NewToolTip")


def plain(value):
    """D-Bus types as JSON has them."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, dbus.Boolean):
        return bool(value)
    return str(value) if isinstance(value, str) else int(value) if isinstance(value, int) else value


class Panel(dbus.service.Object):
    def __init__(self, bus, tell):
        super().__init__()
        self.bus, self.tell = bus, tell
        self.item = self.last = self.due = None

    def come(self):
        self.name = dbus.service.BusName(WATCHER, self.bus)
        self.add_to_connection(self.bus, PLACE)

    def go(self):
        self.remove_from_connection()
        del self.name
        self.item = self.last = None

    @dbus.service.method(WATCHER, in_signature="s", sender_keyword="sender")
    def RegisterStatusNotifierItem(self, name, sender):
        self.item = str(name)
        for signal in SIGNALS:
            self.bus.add_signal_receiver(self.look_soon, signal, ITEM, sender, ITEM_PLACE)
        self.bus.add_signal_receiver(self.look_soon, "LayoutUpdated", MENU, sender)
        self.bus.watch_name_owner(sender, lambda owner: owner or self.gone())
        self.look_soon()

    def gone(self):
        self.item = self.last = None
        self.tell(shows=None)

    def look_soon(self, *_):
        if self.due is None:
            self.due = GLib.idle_add(self.look)

    def call(self, interface, method, *arguments, place=ITEM_PLACE):
        return dbus.Interface(self.bus.get_object(self.item, place), interface).get_dbus_method(method)(*arguments)

    def look(self):
        self.due = None
        if not self.item:
            return False
        try:
            facts = plain(self.call(dbus.PROPERTIES_IFACE, "GetAll", ITEM))
            self.menu_place = facts["Menu"]
            _, (_, _, children) = plain(self.call(MENU, "GetLayout", 0, -1, dbus.Array([], signature="s"), place=self.menu_place))
        except dbus.DBusException:  # it has gone meanwhile
            return False
        shown = {"icon": facts["IconName"], "status": facts["Status"], "title": facts["Title"], "id": facts["Id"], "category": facts["Category"],
                 "tooltip": facts["ToolTip"][2:], "attention": facts["AttentionIconName"], "pixmaps": facts["IconPixmap"],
                 "menu": [{"id": number, **said} for number, said, _ in children]}
        if shown != self.last:
            self.last = shown
            self.tell(shows=shown)
        return False

    def act(self, what, value):
        if what == "panel":
            (self.come if value else self.go)()
        elif what == "activate":
            self.call(ITEM, "ProvideXdgActivationToken", "token-of-the-panel")
            self.call(ITEM, "Activate", 10, 10)
        elif what == "look":
            self.call(MENU, "AboutToShow", 0, place=self.menu_place)
            self.call(MENU, "EventGroup", [(0, "opened", dbus.String("", variant_level=1), dbus.UInt32(0))], place=self.menu_place)
        elif what == "choose":
            [number] = [one["id"] for one in self.last["menu"] if one.get("label") == value]
            self.call(MENU, "Event", number, "clicked", dbus.String("", variant_level=1), dbus.UInt32(0), place=self.menu_place)
