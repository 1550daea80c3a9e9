"""The history of whatever has states: who moved it where, when and why, written in the transaction of the change."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.contract.times import now

from .columns import BigInt, Instant, Key, choice
from .order import LONGEST_NOTE


class Change:
    """The columns of a row of a history. `at` is the server's clock, `occurred_at` the device's."""

    id: Mapped[Key]
    version: Mapped[int]
    from_status: Mapped[str | None] = mapped_column(choice())
    to_status: Mapped[str] = mapped_column(choice())
    actor_id: Mapped[int | None] = mapped_column(BigInt)
    actor_name: Mapped[str] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(choice())
    reason_code: Mapped[str | None] = mapped_column(choice(40))
    note: Mapped[str | None] = mapped_column(String(LONGEST_NOTE))
    at: Mapped[datetime] = mapped_column(Instant, default=now)
    occurred_at: Mapped[datetime | None] = mapped_column(Instant)
