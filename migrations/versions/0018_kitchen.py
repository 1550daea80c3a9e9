"""The kitchen: stations of dishes, what staff do, alerts of the board, ticked lines, prints.

Revision ID: 0018
Revises: 0017
Create Date: 2026-11-29 09:02:10.118204

"""

import sqlalchemy as sa
from alembic import op

from app.models import columns

# revision identifiers, used by Alembic.
revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ALERTS = [
    f"{status}_{level}"
    for status in ("placed", "accepted", "preparing", "ready_for_pickup")
    for level in ("warn", "alarm")
]
_ROLES = "staff_role in ('manager', 'cook', 'counter')"


def upgrade():
    op.create_table(
        "board_settings",
        sa.Column("restaurant_id", _BIG, autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _ALERTS),
        sa.Column("allergy_words", sa.String(length=500), nullable=False),
        *(sa.CheckConstraint(f"{name} between 0 and 600", name=op.f(f"ck_board_settings_{name}")) for name in _ALERTS),
        _refers("board_settings", "restaurant_id", "restaurants"),
        sa.PrimaryKeyConstraint("restaurant_id", name=op.f("pk_board_settings")),
    )
    op.create_table(
        "item_ticks",
        sa.Column("order_item_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("order_id", _BIG, nullable=False),
        sa.Column("at", columns.Instant(timezone=True), nullable=False),
        sa.Column("by_id", _BIG, nullable=True),
        sa.Column("by_name", sa.String(length=250), nullable=False),
        _refers("item_ticks", "order_item_id", "order_items"),
        _refers("item_ticks", "order_id", "orders"),
        sa.PrimaryKeyConstraint("order_item_id", name=op.f("pk_item_ticks")),
    )
    op.create_index(op.f("ix_item_ticks_order_id"), "item_ticks", ["order_id"])
    op.create_table(
        "prints",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("order_id", _BIG, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("station", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("printed_at", columns.Instant(timezone=True), nullable=False),
        sa.Column("by_id", _BIG, nullable=True),
        sa.Column("by_name", sa.String(length=250), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind in ('kitchen_ticket', 'receipt')", name=op.f("ck_prints_kind")),
        sa.CheckConstraint("copies >= 0", name=op.f("ck_prints_copies")),
        _refers("prints", "order_id", "orders"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prints")),
        sa.UniqueConstraint(
            "order_id", "version", "station", "kind", name=op.f("uq_prints_order_id_version_station_kind")
        ),
    )
    # Added to the tables as they stand: SQLite would otherwise make them anew, with all that refers to them.
    for table in ("menu_items", "order_items"):
        op.add_column(table, sa.Column("station", sa.String(length=40), nullable=False, server_default=""))
    known = sa.CheckConstraint(_ROLES, name=op.f("ck_people_staff_role_known"))
    op.add_column(
        "people", sa.Column("staff_role", sa.String(length=20), known, nullable=False, server_default="manager")
    )


def downgrade():
    with op.batch_alter_table("people") as batch_op:
        batch_op.drop_constraint(op.f("ck_people_staff_role_known"), type_="check")
        batch_op.drop_column("staff_role")
    for table in ("order_items", "menu_items"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column("station")
    for table in ("prints", "item_ticks", "board_settings"):
        op.drop_table(table)


def _refers(table, column, target):
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"), ondelete="RESTRICT"
    )
