"""Access points: asked to end a session by a Disconnect-Request (RFC 5176, Dynamic Authorization).

Everything else between them and us goes through FreeRADIUS and the database. An access point that does not know the
session has ended it; one that refuses or says nothing raises, and is asked again by whoever called.
"""

from dataclasses import dataclass, field
from io import StringIO
from typing import Literal

from pyrad import packet
from pyrad.client import Client, Timeout
from pyrad.dictionary import Dictionary

# Seconds until it is asked again, and how often it is asked: three packets in three seconds.
WITHIN = 1
TIMES = 3
# Error-Cause (RFC 5176, 3.5): "Session Context Not Found".
NOT_FOUND = 503
_ATTRIBUTES = """
ATTRIBUTE User-Name 1 string
ATTRIBUTE NAS-IP-Address 4 ipaddr
ATTRIBUTE Framed-IP-Address 8 ipaddr
ATTRIBUTE Acct-Session-Id 44 string
ATTRIBUTE Error-Cause 101 integer
"""


class NotAsked(Exception):
    """There is no secret that is shared with this access point: set RADIUS_SECRET, or give it a row in `nas`."""


class NoAnswer(Exception):
    """The access point said nothing, or nothing that was signed with the secret."""


class Refused(Exception):
    """The access point will not end the session; the message is its Error-Cause (RFC 5176)."""


@dataclass(frozen=True, slots=True)
class AccessPoint:
    """Where an access point listens for us."""

    address: str
    port: int
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class WifiSession:
    """A session in the access point's own words."""

    user_name: str = field(repr=False)
    session_id: str
    nas_address: str
    framed_address: str = ""


def dictionary() -> Dictionary:
    """The attributes that these packets have."""
    return Dictionary(StringIO(_ATTRIBUTES))


def disconnect(access_point: AccessPoint, session: WifiSession) -> Literal["ended", "not_there"]:
    """Have the session ended; what the access point found. Raises NotAsked, NoAnswer or Refused."""
    if not access_point.secret:
        raise NotAsked(NotAsked.__doc__)
    client = Client(
        access_point.address,
        coaport=access_point.port,
        secret=access_point.secret.encode(),
        dict=dictionary(),
        retries=TIMES,
        timeout=WITHIN,
    )
    request = client.CreateCoAPacket(code=packet.DisconnectRequest, **_attributes(session))
    try:
        answer = client.SendPacket(request)
    except (Timeout, OSError) as error:
        where = f"{access_point.address}:{access_point.port}"
        raise NoAnswer(f"The access point at {where} does not answer.") from error
    finally:
        client._CloseSocket()
    if answer.code == packet.DisconnectACK:
        return "ended"
    cause = answer["Error-Cause"][0] if "Error-Cause" in answer else None
    if cause == NOT_FOUND:
        return "not_there"
    raise Refused(f"The access point refuses: Error-Cause {cause}.")


def _attributes(session: WifiSession) -> dict[str, str]:
    """What names the session; an address only where there is one."""
    names = {"User_Name": session.user_name, "Acct_Session_Id": session.session_id}
    addresses = {"NAS_IP_Address": session.nas_address, "Framed_IP_Address": session.framed_address}
    return names | {name: address for name, address in addresses.items() if address and ":" not in address}
