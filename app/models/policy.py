"""What admins decide about the machine of orders: roles and reasons of its edges, the reason codes, deadlines for all.

Code says which edges exist and what holds where nobody decided (domain/order_states.py); domain/policies.py puts the
three together. A row with a restaurant counts for it alone, one without for all. The deadlines of a restaurant are
columns of its own (restaurant.py): those of all stand here and are written through to the restaurants that follow them.
"""

from typing import Any

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model

from .columns import BigInt, Key, choice, reference

LONGEST_REASON = 80
LONGEST_CODE = 40


def _one_each(table: str, *columns: str) -> tuple[Index, Index]:
    """Unique for each restaurant, and once for all of them: to a database no NULL is like another."""
    for_all: Any = text("restaurant_id is null")
    return (
        Index(f"uq_{table}_restaurant", "restaurant_id", *columns, unique=True),
        Index(f"uq_{table}_for_all", *columns, unique=True, postgresql_where=for_all, sqlite_where=for_all),
    )


class EdgePolicy(Model):
    """Which roles may walk an edge, and which of them must say why; roles are words with blanks between them."""

    __tablename__ = "edge_policies"
    __table_args__ = _one_each("edge_policies", "from_status", "to_status")

    id: Mapped[Key]
    restaurant_id: Mapped[int | None] = reference("restaurants.id")
    from_status: Mapped[str] = mapped_column(choice())
    to_status: Mapped[str] = mapped_column(choice())
    roles: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(String(100))


class ReasonCode(Model):
    """A reason: one that code does not know, or other words, another place or an end for one that it does.

    Never deleted: histories are told with it. What is not active is not offered any more, and not taken.
    """

    __tablename__ = "reason_codes"
    __table_args__ = _one_each("reason_codes", "code")

    id: Mapped[Key]
    restaurant_id: Mapped[int | None] = reference("restaurants.id")
    code: Mapped[str] = mapped_column(choice(LONGEST_CODE))
    label: Mapped[str] = mapped_column(String(LONGEST_REASON))
    position: Mapped[int]
    is_active: Mapped[bool] = mapped_column(default=True)


class PolicyDefaults(Model):
    """One row: the deadlines of every restaurant that has none of its own, and the version of what is for all."""

    __tablename__ = "policy_defaults"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(BigInt)
    acceptance_minutes: Mapped[int]
    preparation_alert_minutes: Mapped[int]
    abandonment_minutes: Mapped[int]
