"""The tables that FreeRADIUS reads and writes, spelt as its own schema (3.2, `mods-config/sql/main/*/schema.sql`) has
them, so that its own queries run on our database unchanged.

Passes are written here by domain/radius_accounts.py; `radacct` and `radpostauth` are FreeRADIUS's alone. They are
tables and no models: their rows are nobody's objects.
"""

from sqlalchemy import Column, DateTime, Index, Integer, String, Table, Text, text
from sqlalchemy.dialects.postgresql import INET

from app.extensions import db

from .columns import BigInt

_metadata = db.metadata
# PostgreSQL's schema has inet and timestamptz, SQLite's has texts.
_ADDRESS = String(45).with_variant(INET(), "postgresql")
_TIME = DateTime(timezone=True)


def _attributes(name: str, who: str, op: str) -> Table:
    """One of the four tables of attributes."""
    return Table(
        name,
        _metadata,
        Column("id", Integer, primary_key=True),
        Column(who, String(64), nullable=False, server_default=""),
        Column("attribute", String(64), nullable=False, server_default=""),
        Column("op", String(2), nullable=False, server_default=op),
        Column("value", String(253), nullable=False, server_default=""),
        Index(f"ix_{name}_{who}", who, "attribute"),
    )


radcheck = _attributes("radcheck", "username", "==")
radreply = _attributes("radreply", "username", "=")
radgroupcheck = _attributes("radgroupcheck", "groupname", "==")
radgroupreply = _attributes("radgroupreply", "groupname", "=")

radusergroup = Table(
    "radusergroup",
    _metadata,
    Column("id", Integer, primary_key=True),
    Column("username", String(64), nullable=False, server_default=""),
    Column("groupname", String(64), nullable=False, server_default=""),
    Column("priority", Integer, nullable=False, server_default="0"),
    Index("ix_radusergroup_username", "username"),
)

radacct = Table(
    "radacct",
    _metadata,
    Column("radacctid", BigInt, primary_key=True),
    Column("acctsessionid", String(64), nullable=False, server_default=""),
    Column("acctuniqueid", String(32), nullable=False, unique=True),
    Column("username", String(64), server_default=""),
    Column("realm", String(64), server_default=""),
    Column("nasipaddress", _ADDRESS, nullable=False),
    Column("nasportid", String(32)),
    Column("nasporttype", String(32)),
    Column("acctstarttime", _TIME),
    Column("acctupdatetime", _TIME),
    Column("acctstoptime", _TIME),
    Column("acctinterval", BigInt),
    Column("acctsessiontime", BigInt),
    Column("acctauthentic", String(32)),
    Column("connectinfo_start", String(128)),
    Column("connectinfo_stop", String(128)),
    Column("acctinputoctets", BigInt),
    Column("acctoutputoctets", BigInt),
    Column("calledstationid", String(50), server_default=""),
    Column("callingstationid", String(50), server_default=""),
    Column("acctterminatecause", String(32), server_default=""),
    Column("servicetype", String(32)),
    Column("framedprotocol", String(32)),
    Column("framedipaddress", _ADDRESS),
    Column("framedipv6address", _ADDRESS),
    Column("framedipv6prefix", _ADDRESS),
    Column("framedinterfaceid", String(44)),
    Column("delegatedipv6prefix", _ADDRESS),
    Column("class", String(64)),
    Index("ix_radacct_open", "acctuniqueid", postgresql_where=text("acctstoptime is null")),
    Index("ix_radacct_nas", "nasipaddress", "acctstarttime", postgresql_where=text("acctstoptime is null")),
    Index("ix_radacct_username", "username", "acctstarttime"),
    # What changed since we looked last.
    Index("ix_radacct_acctupdatetime", "acctupdatetime"),
)

radpostauth = Table(
    "radpostauth",
    _metadata,
    Column("id", BigInt, primary_key=True),
    Column("username", String(64), nullable=False, server_default=""),
    Column("pass", String(64), server_default=""),
    Column("reply", String(32), server_default=""),
    Column("calledstationid", String(50), server_default=""),
    Column("callingstationid", String(50), server_default=""),
    Column("authdate", _TIME, nullable=False, server_default=text("current_timestamp")),
    Column("class", String(64)),
    Index("ix_radpostauth_username", "username"),
)

nas = Table(
    "nas",
    _metadata,
    Column("id", Integer, primary_key=True),
    Column("nasname", String(128), nullable=False, unique=True),
    Column("shortname", String(32), nullable=False, server_default=""),
    Column("type", String(30), nullable=False, server_default="other"),
    Column("ports", Integer),
    Column("secret", String(60), nullable=False),
    Column("server", String(64)),
    Column("community", String(50)),
    Column("description", Text),
)

nasreload = Table(
    "nasreload",
    _metadata,
    Column("nasipaddress", _ADDRESS, primary_key=True),
    Column("reloadtime", _TIME, nullable=False),
)
