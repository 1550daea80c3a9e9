"""The FreeRADIUS that the demo does not have: whom it lets in, and what it writes, on the tables that it would use.

It reads radcheck and radreply and writes radacct and radpostauth as deploy/freeradius has FreeRADIUS do it, by its own
statements and connections. For radius_simulator.py alone.
"""

import secrets
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from app.config import Config

# The address of the demo's access point.
ADDRESS = "127.0.0.1"
# What one phone moves in a second (bytes).
_UP, _DOWN = 12_000, 180_000
_UNKNOWN = "This code opens nothing. Look at it again."


@dataclass(frozen=True, slots=True)
class Refused:
    """Whoever tries is not let in, and reads this."""

    words: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """Whoever tries is let in: for so many seconds, and so many bytes (None: no bound)."""

    seconds: int
    bytes: int | None


class Radius:
    """FreeRADIUS's part, on our database, by its own statements and connections."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def authorize(self, code: str, device: str, at: datetime) -> Accepted | Refused:
        """Whether `code` is let in on `device`; what was decided is in radpostauth."""
        answer = self._decide(code, device, at)
        told = "Access-Accept" if isinstance(answer, Accepted) else "Access-Reject"
        self._do(
            "insert into radpostauth (username, pass, reply, callingstationid, authdate) values (%s, '', %s, %s, %s)",
            (code[:64], told, device, self._time(at)),
        )
        return answer

    def start(self, code: str, device: str, at: datetime) -> None:
        """A session begins."""
        key, when = secrets.token_hex(16), self._time(at)
        self._do(
            "insert into radacct (acctsessionid, acctuniqueid, username, nasipaddress, callingstationid, "
            "framedipaddress, acctstarttime, acctupdatetime, acctsessiontime, acctinputoctets, acctoutputoctets, "
            "acctterminatecause) values (%s, %s, %s, %s, %s, %s, %s, %s, 0, 0, 0, '')",
            (key[:8], key, code, ADDRESS, device, f"10.5.50.{int(device[-2:], 16) + 1}", when, when),
        )

    def count(self, session: Mapping[str, Any], at: datetime, cause: str | None = None) -> None:
        """What a session has moved by now; with a `cause`, that was its end."""
        seconds = max(0, int((at - self._read(session["acctstarttime"])).total_seconds()))
        step = max(0, seconds - session["acctsessiontime"])
        when = self._time(at)
        self._do(
            "update radacct set acctupdatetime = %s, acctsessiontime = %s, acctinputoctets = acctinputoctets + %s, "
            "acctoutputoctets = acctoutputoctets + %s, acctterminatecause = %s, acctstoptime = %s "
            "where acctuniqueid = %s and acctstoptime is null",
            (when, seconds, step * _UP, step * _DOWN, cause or "", when if cause else None, session["acctuniqueid"]),
        )

    def open_sessions(self, **by: str) -> Sequence[Mapping[str, Any]]:
        """The sessions of this access point that have not ended, `by` columns of theirs."""
        columns = ", ".join(
            ("acctuniqueid", "acctsessionid", "username", "callingstationid", "acctstarttime", "acctsessiontime")
        )
        where = "".join(f" and {name} = %s" for name in by)
        statement = (
            f"select {columns}, acctinputoctets + acctoutputoctets as moved from radacct "  # noqa: S608
            f"where acctstoptime is null and nasipaddress = %s{where} order by radacctid"
        )
        return self._ask(statement, (ADDRESS, *by.values()))

    def left(self, code: str, at: datetime) -> Accepted | Refused:
        """How much time and data a pass has left."""
        checks, replies = self._attributes("radcheck", code), self._attributes("radreply", code)
        if checks.get("Auth-Type") == "Reject" or "Cleartext-Password" not in checks:
            return Refused(replies.get("Reply-Message", _UNKNOWN))
        [used] = self._ask(
            "select min(acctstarttime) as began, sum(acctinputoctets + acctoutputoctets) as moved from radacct "
            "where username = %s",
            (code,),
        )
        seconds = int(checks["Expire-After"]) - (
            int((at - self._read(used["began"])).total_seconds()) if used["began"] else 0
        )
        if seconds <= 0 or at.timestamp() >= int(checks["Expiration"]):
            return Refused("The time of this pass is over.")
        limit = _limit(replies)
        left = None if limit is None else limit - int(used["moved"] or 0)
        if left is not None and left <= 0:
            return Refused("The data of this pass is used up.")
        return Accepted(seconds, left)

    def _decide(self, code: str, device: str, at: datetime) -> Accepted | Refused:
        answer = self.left(code, at)
        if isinstance(answer, Accepted):
            others = [session for session in self.open_sessions(username=code) if session["callingstationid"] != device]
            if len(others) >= int(self._attributes("radcheck", code).get("Simultaneous-Use", "1")):
                return Refused("This pass is in use on as many devices as it is for.")
        return answer

    def _attributes(self, table: str, code: str) -> dict[str, str]:
        rows = self._ask(f"select attribute, value from {table} where username = %s", (code,))  # noqa: S608
        return {row["attribute"]: row["value"] for row in rows}

    def _ask(self, statement: str, values: Sequence[object]) -> Sequence[Mapping[str, Any]]:
        with self._connection() as connection:
            rows: Sequence[Mapping[str, Any]] = connection.execute(self._spelt(statement), values).fetchall()
        return rows

    def _do(self, statement: str, values: Sequence[object]) -> None:
        with self._connection() as connection:
            connection.execute(self._spelt(statement), values)

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        """A connection for one statement: few are made, and none is kept while nothing happens."""
        if self.config.is_sqlite:
            connection: Any = sqlite3.connect(self.config.sqlite_path, timeout=10, isolation_level=None)
            connection.row_factory = sqlite3.Row
        else:
            connection = psycopg.connect(self.config.libpq_url, autocommit=True, row_factory=dict_row)
        try:
            yield connection
        finally:
            connection.close()

    def _spelt(self, statement: str) -> str:
        return statement.replace("%s", "?") if self.config.is_sqlite else statement

    def _time(self, at: datetime) -> object:
        """An instant as the tables have it: on SQLite a text in UTC, as Passline writes it."""
        return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}" if self.config.is_sqlite else at

    def _read(self, at: Any) -> datetime:
        return datetime.fromisoformat(at).replace(tzinfo=UTC) if isinstance(at, str) else at


def _limit(replies: Mapping[str, str]) -> int | None:
    """The data limit in bytes, out of MikroTik's two words of 32 bits."""
    if "Mikrotik-Total-Limit" not in replies:
        return None
    return (int(replies.get("Mikrotik-Total-Limit-Gigawords", 0)) << 32) + int(replies["Mikrotik-Total-Limit"])
