"""The rooms: every channel name of the five systems, who is put into which, and who may ask for one more.

A room is a channel name. `{id}` is a person's id, in `vendor-orders.{id}` the restaurant's, in `order.{number}` the
order's number. What no line of the table names does not exist; unknown and forbidden are answered alike.
"""

import re

from .identity import Identity, Role

ADMIN_ORDERS = "admin.orders"
DASHBOARD_STATS = "dashboard-stats"
PAYMENTS = "payments"
HOTSPOT_USERS = "hotspot-users"
# Every driver on duty, where they are: asked for by the dispatch board, joined by nobody by itself.
ADMIN_DISPATCH = "admin.dispatch"

# Rows for the gateway itself, never sent to a socket and never joined: an access that ended (see `access_ended` in
# events.py). The `!` keeps the name outside every pattern below.
ACCESS = "!access"

_PREFIXES = ("private-", "presence-")


def vendor_orders(restaurant_id: int) -> str:
    """Room of a restaurant's staff."""
    return f"vendor-orders.{restaurant_id}"


def user(person_id: int) -> str:
    """Room of one person, whatever the role."""
    return f"user.{person_id}"


def user_orders(person_id: int) -> str:
    """Room of a customer's own orders."""
    return f"user.{person_id}.orders"


def order(number: str) -> str:
    """Room of one order: what whoever holds its link may hear."""
    return f"order.{number}"


def driver_tickets(person_id: int) -> str:
    """Room of a driver's own tickets."""
    return f"driver.{person_id}.tickets"


def driver_location(person_id: int) -> str:
    """Room in which a customer hears where the driver is."""
    return f"customer.{person_id}.driver-location"


def rooms_for(identity: Identity) -> tuple[str, ...]:
    """The rooms that the server joins for this identity at every connect, in the order that `ready` names them."""
    if identity.person_id is None:
        return (order(identity.order_number),) if identity.order_number else ()
    own = user(identity.person_id)
    match identity.role:
        case Role.VENDOR if identity.restaurant_id is not None:
            return (vendor_orders(identity.restaurant_id), own)
        case Role.CUSTOMER:
            return (user_orders(identity.person_id), driver_location(identity.person_id), own)
        case Role.DRIVER:
            return (driver_tickets(identity.person_id), own)
        case Role.ADMIN:
            return (ADMIN_ORDERS, DASHBOARD_STATS, PAYMENTS, HOTSPOT_USERS, own)
    return (own,)


_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        r"vendor-orders\.\d{1,18}",
        r"user\.\d{1,18}",
        r"user\.\d{1,18}\.orders",
        r"driver\.\d{1,18}\.tickets",
        r"customer\.\d{1,18}\.driver-location",
        r"order\.[0-9A-Z]{4,16}",
        r"admin\.orders|admin\.dispatch|dashboard-stats|payments|hotspot-users",
    )
)


def exists(channel: str) -> bool:
    """Whether `channel` (bare, without a prefix) is a name that the table of rooms knows."""
    return any(pattern.fullmatch(channel) for pattern in _PATTERNS)


def bare(channel: str) -> tuple[str, str]:
    """Split `private-x` or `presence-x` into its prefix (or "") and the room's own name."""
    for prefix in _PREFIXES:
        if channel.startswith(prefix):
            return prefix, channel[len(prefix) :]
    return "", channel


def order_number_of(channel: str) -> str | None:
    """The order's number when `channel` is the room of one order, else None."""
    return channel.removeprefix("order.") if channel.startswith("order.") and exists(channel) else None


def may_hear(identity: Identity, channel: str) -> bool:
    """Whether `identity` may subscribe to `channel` (bare), as far as the identity alone says.

    An admin may hear any room that exists, others those that follow from who they are; whether the room of an order is
    theirs too, only the database knows (gateway/rooms.py). A tracking link may ask for none.
    """
    if identity.is_tracking or not exists(channel):
        return False
    return identity.role is Role.ADMIN or channel in rooms_for(identity)
