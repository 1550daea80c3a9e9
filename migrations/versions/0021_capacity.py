"""How much a kitchen can cook: its minutes of work, those of a dish and of an order, and when each is to be ready.

Revision ID: 0021
Revises: 0022
Create Date: 2026-12-02 10:11:00.000000

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0021"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade():
    # Added to the tables as they stand: SQLite would otherwise make them anew, with all that refers to them.
    _add("restaurants", "capacity_minutes", "between 1 and 600", nullable=True)
    _add("restaurants", "work_minutes", "between 0 and 600", nullable=False, server_default="5")
    _add("menu_items", "work_minutes", "between 0 and 600", nullable=True)
    op.add_column("orders", sa.Column("work_minutes", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("orders", sa.Column("ready_by", sa.DateTime(timezone=True), nullable=True))
    # What is open has a place as well, should its kitchen begin to count (near enough: with the ride of a delivery).
    op.execute(
        "update orders set work_minutes = 5 * items_count, ready_by = promised_from"
        " where status in ('awaiting_payment', 'scheduled', 'placed', 'accepted', 'preparing')"
    )


def downgrade():
    for name in ("ready_by", "work_minutes"):
        op.drop_column("orders", name)
    with op.batch_alter_table("menu_items") as batch_op:
        batch_op.drop_constraint(op.f("ck_menu_items_work_minutes"), type_="check")
        batch_op.drop_column("work_minutes")
    with op.batch_alter_table("restaurants") as batch_op:
        for name in ("work_minutes", "capacity_minutes"):
            batch_op.drop_constraint(op.f(f"ck_restaurants_{name}"), type_="check")
            batch_op.drop_column(name)


def _add(table, name, bounds, **options):
    check = sa.CheckConstraint(f"{name} {bounds}", name=op.f(f"ck_{table}_{name}"))
    op.add_column(table, sa.Column(name, sa.Integer(), check, **options))
