"""Events of screens, as a device tells them."""

from server.events.database import Event, Shown

SPACE = "a" * 64


def event(screen, kind="impression", items=((1, 0),), shop="harbor.example", space=SPACE, arm=""):
    """Return an event. screen, and the ids in items of (id, position), are whole numbers."""
    shown = tuple(Shown(item.to_bytes(8, "big"), position) for item, position in items)
    return Event(screen.to_bytes(16, "big"), shop, "own", space, arm, kind, shown)
