"""Restaurants as their people run them: busy modes in the place of a mere pause, and menus
whose dishes come back by themselves; days that are not as each week.

Revision ID: 0016
Revises: 0015
Create Date: 2026-11-29 09:02:44.118230

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    # Added to the tables as they stand: SQLite would otherwise make them anew, with all that refers to them.
    _add("restaurants", "mode", sa.String(length=20), "normal", "mode in ('normal', 'busy', 'paused')")
    _add("restaurants", "busy_minutes", sa.Integer(), "0", "busy_minutes between 0 and 120")
    _add("restaurants", "mode_reason", sa.String(length=120), "")
    op.add_column("restaurants", sa.Column("mode_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("menu_items", sa.Column("returns_at", sa.DateTime(timezone=True), nullable=True))
    _add("menu_items", "is_hidden", sa.Boolean(), sa.false())
    _add("categories", "is_hidden", sa.Boolean(), sa.false())
    op.create_table(
        "opening_exceptions",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("restaurant_id", _BIG, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("opens", sa.Time(), nullable=True),
        sa.Column("closes", sa.Time(), nullable=True),
        sa.Column("note", sa.String(length=80), nullable=False),
        sa.CheckConstraint("(opens is null) = (closes is null)", name=op.f("ck_opening_exceptions_closed_or_both")),
        sa.ForeignKeyConstraint(
            ["restaurant_id"],
            ["restaurants.id"],
            name=op.f("fk_opening_exceptions_restaurant_id_restaurants"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening_exceptions")),
    )
    op.create_index("ix_opening_exceptions_restaurant_id_day", "opening_exceptions", ["restaurant_id", "day"])
    op.execute("update restaurants set mode = 'paused' where not accepting")
    op.drop_column("restaurants", "accepting")


def downgrade():
    op.drop_table("opening_exceptions")
    op.drop_column("categories", "is_hidden")
    for name in ("returns_at", "is_hidden"):
        op.drop_column("menu_items", name)
    op.add_column("restaurants", sa.Column("accepting", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.execute("update restaurants set accepting = (mode <> 'paused')")
    with op.batch_alter_table("restaurants") as batch_op:
        for name in ("mode", "busy_minutes"):
            batch_op.drop_constraint(op.f(f"ck_restaurants_{name}"), type_="check")
        for name in ("mode", "busy_minutes", "mode_reason", "mode_until"):
            batch_op.drop_column(name)


def _add(table, name, kind, default, check=None):
    checks = [sa.CheckConstraint(check, name=op.f(f"ck_{table}_{name}"))] if check else []
    op.add_column(table, sa.Column(name, kind, *checks, nullable=False, server_default=default))
