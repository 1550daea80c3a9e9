"""The audit trail: who changed what of people, restaurants, menus, rules, Wi-Fi, money and jobs, and from where.

The steps of orders and deliveries have histories of their own. Rows are only ever added (domain/audit.py).
"""

from datetime import datetime

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.contract.times import now
from app.extensions import Model

from .columns import BigInt, Instant, Key, choice

_ACTING = text("acted_by_id is not null")


class AuditEntry(Model):
    """One change. `before` and `after` are JSON texts of the fields that changed, without any secret."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_subject", "subject_kind", "subject_id", "id"),
        Index("ix_audit_entries_actor_id_id", "actor_id", "id"),
        Index("ix_audit_entries_action_id", "action", "id"),
        Index("ix_audit_entries_acted_by_id_id", "acted_by_id", "id", postgresql_where=_ACTING, sqlite_where=_ACTING),
    )

    id: Mapped[Key]
    at: Mapped[datetime] = mapped_column(Instant, default=now)
    # No foreign keys: the trail outlives what it tells of.
    actor_id: Mapped[int | None] = mapped_column(BigInt)
    actor_name: Mapped[str] = mapped_column(String(250))
    role: Mapped[str] = mapped_column(choice())
    # The admin who acted as that person.
    acted_by_id: Mapped[int | None] = mapped_column(BigInt)
    # Dotted, in the past: person.deactivated, restaurant.paused, menu.item_changed, policy.changed.
    action: Mapped[str] = mapped_column(String(60))
    subject_kind: Mapped[str] = mapped_column(choice(40))
    subject_id: Mapped[str] = mapped_column(String(60))
    subject_name: Mapped[str] = mapped_column(String(200), default="")
    before: Mapped[str] = mapped_column(Text, default="{}")
    after: Mapped[str] = mapped_column(Text, default="{}")
    address: Mapped[str] = mapped_column(String(45), default="")
    user_agent: Mapped[str] = mapped_column(String(200), default="")
