"""People: customers, vendor staff, drivers, admins. One role each; only vendor staff belong to a restaurant."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.contract.times import now
from app.extensions import Model

from .columns import Instant, Key, choice, reference
from .restaurant import Restaurant

# Everybody but guests, who come with every order: lists of people leave them out, and so do their indexes.
# Each in the words in which its database is asked for them.
_LITE, _POSTGRES = text("is_guest IS 0"), text("is_guest IS false")


class Person(Model):
    """Somebody who can log in. `email` is kept in lower case and is unique; a guest's is made up and goes nowhere."""

    __tablename__ = "people"
    __table_args__ = (
        CheckConstraint("role in ('customer', 'vendor', 'driver', 'admin')", name="role_known"),
        CheckConstraint("(role = 'vendor') = (restaurant_id is not null)", name="staff_have_a_restaurant"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("staff_role in ('manager', 'cook', 'counter')", name="staff_role_known"),
        Index("ix_people_demo", "is_demo", postgresql_where=text("is_demo")),
        Index("ix_people_with_account_id", "id", sqlite_where=_LITE, postgresql_where=_POSTGRES),
        Index("ix_people_with_account_role_id", "role", "id", sqlite_where=_LITE, postgresql_where=_POSTGRES),
        # AUTOINCREMENT: an id is never given twice, because rooms and receipts are known by it.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Key]
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    phone: Mapped[str | None] = mapped_column(String(20))
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(choice())
    restaurant_id: Mapped[int | None] = reference("restaurants.id", index=True)
    # What they do in their restaurant (domain/staff.py); of anybody but vendor staff it says nothing.
    staff_role: Mapped[str] = mapped_column(choice(), default="manager", server_default="manager")
    is_active: Mapped[bool] = mapped_column(default=True)
    # Whether a manager of their restaurant did that, who may undo it; what an admin did, an admin undoes.
    is_off_by_kitchen: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Made by `demo load`: outside the demo no process starts while one exists.
    is_demo: Mapped[bool] = mapped_column(default=False)
    # Gave a name and a phone and nothing else (domain/guests.py): has no password, and never gets one.
    is_guest: Mapped[bool] = mapped_column(default=False, server_default=false())
    # What they want to read (app/language.py); of whoever never said it, the browser's language counts.
    language: Mapped[str | None] = mapped_column(String(10))
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)

    # Loaded when somebody looks at it: most requests of most people never do.
    restaurant: Mapped[Restaurant | None] = relationship()

    if TYPE_CHECKING:
        acted_by: "Person | None"
    # Whoever acts as this person in the request at hand (domain/sessions.py); histories then tell both names.
    acted_by = None

    @property
    def reached_at(self) -> str | None:
        """Their e-mail for people to read; None of a guest, whose address goes nowhere."""
        return None if self.is_guest else self.email

    # What Flask-Login asks of a user; the session row, not the person, is what a cookie names.
    is_authenticated = True
    is_anonymous = False
