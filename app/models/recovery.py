"""What a screen gets back when its connection breaks: whose it was, and which channels it had under which names.

Written by the gateway alone (gateway/recoveries.py), so that another gateway finds it when the first one was killed.
Old rows are forgotten by the worker, with the log that they reach back into (domain/recoveries.py).
"""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model

from .columns import BigInt, Instant


class Recovery(Model):
    """One client's place. Only the SHA-256 of its `pid` is stored; `channels` is JSON: each room with its prefix.

    `person_id` is None for the holder of a tracking link, who is known by the credential. `used_at` is renewed while
    the socket lives. No foreign keys: nothing here gives access, all of it is asked again.
    """

    __tablename__ = "recoveries"
    __table_args__ = ({"sqlite_with_rowid": False},)

    pid_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    credential: Mapped[str] = mapped_column(String(60))
    person_id: Mapped[int | None] = mapped_column(BigInt)
    channels: Mapped[str] = mapped_column(Text)
    used_at: Mapped[datetime] = mapped_column(Instant, index=True)
