"""A pass as FreeRADIUS reads it: its rows in radcheck, radreply and radusergroup.

`open_account` writes what lets a guest in and how fast; `close_account` leaves of it one row that refuses, with the
reason for whoever tries, so that the log of log-ins still tells a pass that ended from a code that never was.
deploy/freeradius is the configuration that reads them.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from app.models import HotspotUser, WifiPackage, radcheck, radreply, radusergroup

GROUP = "passline"
# How often an access point tells of a session, in seconds; after three that are missing the session counts as lost.
INTERIM = 120
SILENCE = timedelta(seconds=3 * INTERIM)
# What the attributes of 32 bits hold.
_WORD = 2**32


def open_account(session: Session, user: HotspotUser, package: WifiPackage) -> None:
    """Let `user` in from now on, as `package` says, whatever was written of the code before."""
    _clear(session, user.code)
    _write(session, user.code, _checks(user, package), _replies(package))
    session.execute(insert(radusergroup).values(username=user.code, groupname=GROUP, priority=1))


def close_account(session: Session, code: str, words: str) -> None:
    """Let nobody in with `code` any more; who tries reads `words`."""
    _clear(session, code)
    _write(session, code, {"Auth-Type": "Reject"}, {"Reply-Message": words})


def data_limit(package: WifiPackage) -> int | None:
    """How many bytes the package has, both ways and all devices together; None: no bound."""
    return None if package.data_mb is None else package.data_mb * 1_000_000


def _checks(user: HotspotUser, package: WifiPackage) -> dict[str, str]:
    lasts = timedelta(minutes=package.minutes)
    return {
        "Cleartext-Password": user.code,
        "Simultaneous-Use": str(package.devices),
        # From the first session on (sqlcounter `expire_on_login`).
        "Expire-After": str(int(lasts.total_seconds())),
        # The last moment of a pass that was begun as late as it may be. Seconds since 1970: any other spelling would
        # be read in the zone of FreeRADIUS's machine.
        "Expiration": _seconds(user.expires_at + lasts),
    }


def _replies(package: WifiPackage) -> dict[str, str]:
    """Rates and data in the words of the access points that there are: each takes those that it knows."""
    replies = {"Acct-Interim-Interval": str(INTERIM)}
    if package.down_kbps:
        replies["WISPr-Bandwidth-Max-Down"] = str(package.down_kbps * 1000)
    if package.up_kbps:
        replies["WISPr-Bandwidth-Max-Up"] = str(package.up_kbps * 1000)
    if package.down_kbps or package.up_kbps:
        # MikroTik says it from where it stands, received before sent; 0 is no bound.
        replies["Mikrotik-Rate-Limit"] = f"{package.up_kbps or 0}k/{package.down_kbps or 0}k"
    if limit := data_limit(package):
        replies["Mikrotik-Total-Limit"] = str(limit % _WORD)
        replies["Mikrotik-Total-Limit-Gigawords"] = str(limit // _WORD)
        replies["ChilliSpot-Max-Total-Octets"] = str(min(limit, _WORD - 1))
    return replies


def _clear(session: Session, code: str) -> None:
    for table in (radcheck, radreply, radusergroup):
        session.execute(delete(table).where(table.c.username == code))


def _write(session: Session, code: str, checks: dict[str, str], replies: dict[str, str]) -> None:
    for table, attributes in ((radcheck, checks), (radreply, replies)):
        rows = [{"username": code, "attribute": name, "op": ":=", "value": value} for name, value in attributes.items()]
        session.execute(insert(table), rows)


def _seconds(at: datetime) -> str:
    return str(int(at.timestamp()))
