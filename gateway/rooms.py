"""May this identity hear that channel? One fixed order of checks, default deny, one answer for unknown and forbidden.

What the rooms are called and who may hear them is app/contract/rooms.py; here the database is asked where it must be.
"""

from dataclasses import dataclass

from app.contract import rooms
from app.contract.identity import Identity

from . import refusals
from .checks import Checks
from .refusals import Refused

# Beside those that the server joins.
MOST_EXTRA = 100
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel as a client spells it: a room behind a prefix ("" or "private-")."""

    prefix: str
    room: str


def parse(name: object) -> Channel:
    """The channel that a client names; Refused when it is no name at all."""
    if not isinstance(name, str) or not 1 <= len(name) <= _LONGEST:
        raise Refused(refusals.PAYLOAD_MALFORMED)
    return Channel(*rooms.bare(name))


def check(identity: Identity, channel: Channel, checks: Checks) -> None:
    """Refused unless `identity` may subscribe to `channel`: a link may not, the name exists, the person may hear it."""
    if identity.is_tracking:
        raise Refused(refusals.READ_ONLY)
    if rooms.may_hear(identity, channel.room):
        return
    number = rooms.order_number_of(channel.room)
    if number is None or not checks.version_of(number, identity):
        raise Refused(refusals.CHANNEL_REFUSED)
