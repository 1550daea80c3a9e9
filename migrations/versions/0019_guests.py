"""Guests without an account, the table that an order is eaten at, and pictures of dishes.

Revision ID: 0019
Revises: 0018
Create Date: 2026-11-29 09:18:00.000000

"""

import sqlalchemy as sa
from alembic import op

from app.models import columns

# revision identifiers, used by Alembic.
revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    # With a default of the server's, so that no table has to be made anew, on either database.
    op.add_column("people", sa.Column("is_guest", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("orders", sa.Column("table_name", sa.String(length=40), server_default="", nullable=False))
    op.create_table(
        "menu_pictures",
        sa.Column("menu_item_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("at", columns.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["menu_item_id"],
            ["menu_items.id"],
            name=op.f("fk_menu_pictures_menu_item_id_menu_items"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("menu_item_id", name=op.f("pk_menu_pictures")),
    )
    op.create_index(op.f("ix_menu_pictures_hash"), "menu_pictures", ["hash"])


def downgrade():
    op.drop_table("menu_pictures")
    op.drop_column("orders", "table_name")
    op.drop_column("people", "is_guest")
