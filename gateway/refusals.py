"""Every reason for which the gateway says no or lets a client go: a number, a message, and whether to come back.

`retry: false` is final: it goes out as CONNECT_ERROR, as an acknowledgement, or as a DISCONNECT packet, after which a
stock client stays away. `retry: true` may pass: it is an HTTP 503 at the handshake or a transport that is closed
without DISCONNECT, from which a stock client comes back by itself. Numbers are never given twice.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason. 1xxx: who you are; 2xxx: what you asked; 3xxx: what may pass; 4xxx: an access that ended."""

    code: int
    message: str
    retry: bool = False

    @property
    def data(self) -> dict[str, Any]:
        """What goes over the wire."""
        return {"code": self.code, "message": self.message, "retry": self.retry}


class Refused(Exception):
    """A client is refused; `refusal` says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


# -- 1xxx: who you are -------------------------------------------------------------------------------------------

NO_IDENTITY = Refusal(1001, "Log in, or send a token.")
AUTH_MALFORMED = Refusal(1002, "`auth` must be an object with one of `token` and `tracking`.")
SESSION_UNKNOWN = Refusal(1003, "This session has ended. Log in again.")
TOKEN_UNKNOWN = Refusal(1004, "This token is not valid.")
LINK_UNKNOWN = Refusal(1005, "This link is not valid any more.")
PERSON_INACTIVE = Refusal(1006, "This account is deactivated.")
COOKIE_WITHOUT_ORIGIN = Refusal(1007, "The session cookie counts only for a browser that names its origin.")
ORIGIN_REFUSED = Refusal(1008, "Pages of this origin may not use this gateway.")

# -- 2xxx: what you asked ------------------------------------------------------------------------------------------

PAYLOAD_MALFORMED = Refusal(2001, "The message does not have the fields that it needs.")
CHANNEL_REFUSED = Refusal(2002, "There is no such channel, or it is not for you.")
READ_ONLY = Refusal(2003, "A tracking link may only listen.")
TOO_MANY_CHANNELS = Refusal(2004, "Too many channels on one connection.")
ORDER_REFUSED = Refusal(2005, "There is no such order, or it is not for you.")
EVENT_UNKNOWN = Refusal(2006, "There is no such message.")
PACKET_MALFORMED = Refusal(2007, "This is not the Socket.IO protocol.")
NOT_ENGINE_IO = Refusal(2008, "This is no request of Engine.IO 4.")
CONNECTION_UNKNOWN = Refusal(2009, "There is no such connection, or none that is served this way.")

# -- 3xxx: what may pass -------------------------------------------------------------------------------------------

DATABASE_AWAY = Refusal(3001, "The database does not answer. Try again.", retry=True)
DRAINING = Refusal(3002, "This gateway is about to stop. Try again.", retry=True)
NOT_READY = Refusal(3003, "This gateway is not ready yet. Try again.", retry=True)
CONNECT_TOO_LATE = Refusal(3004, "Nothing was asked for in time.", retry=True)
FAILED = Refusal(3005, "Something went wrong here. Try again.", retry=True)
LOG_RESTARTED = Refusal(3006, "The log has begun another life. Reload.", retry=True)
LOG_PRUNED = Refusal(3007, "The log was pruned while it was read. Reload.", retry=True)
TOO_SLOW = Refusal(3008, "This connection does not read fast enough.", retry=True)
TOO_FAST = Refusal(3009, "Too many messages on one connection.", retry=True)
TOO_MANY_CONNECTIONS = Refusal(3010, "Too many connections from one address.", retry=True)
ASKED_AGAIN = Refusal(3012, "This connection was used. Connect again over a new one.", retry=True)
TOO_MANY_OF_ONE = Refusal(3011, "Too many connections of one person.", retry=True)

# -- 4xxx: an access that ended, by the `reason` of the row that ended it -------------------------------------------

ACCESS_CHANGED = Refusal(4001, "What you may hear has changed. Connect again.", retry=True)
LOGGED_OUT = Refusal(4002, "You have logged out.")
PASSWORD_CHANGED = Refusal(4003, "The password was changed. Log in again.")
DEACTIVATED = Refusal(4004, "This account was deactivated.")
TOKEN_REVOKED = Refusal(4005, "This token was revoked.")
LINK_WITHDRAWN = Refusal(4006, "This link was withdrawn.")
EXPIRED = Refusal(4007, "This access has run out. Log in again.")

_ENDED = {
    "logged_out": LOGGED_OUT,
    "logged_out_everywhere": LOGGED_OUT,
    "password_changed": PASSWORD_CHANGED,
    "deactivated": DEACTIVATED,
    "token_revoked": TOKEN_REVOKED,
    "withdrawn": LINK_WITHDRAWN,
    "expired": EXPIRED,
    "role_changed": ACCESS_CHANGED,
    # An admin began or stopped to act as somebody: the same session, in other rooms.
    "acting_changed": ACCESS_CHANGED,
    "second_factor_added": EXPIRED,
    "second_factor_reset": EXPIRED,
}


def ended(reason: str) -> Refusal:
    """The refusal for the `reason` of an access.ended row.

    An unknown reason lets the client come back: whoever has no access any more is then refused at the door, finally.
    """
    return _ENDED.get(reason, ACCESS_CHANGED)


ALL = tuple(value for value in globals().values() if isinstance(value, Refusal))
