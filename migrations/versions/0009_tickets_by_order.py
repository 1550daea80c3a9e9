"""Tickets are found by their order, and those that are over by their state: both were read from end to end.

Revision ID: 0009
Revises: 0008
Create Date: 2026-11-21 01:45:00.000000

"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

OVER = sa.text("ended_at is not null")


def upgrade():
    op.create_index("ix_tickets_order_id", "tickets", ["order_id"])
    op.create_index("ix_tickets_over", "tickets", ["status", "id"], postgresql_where=OVER, sqlite_where=OVER)


def downgrade():
    op.drop_index("ix_tickets_over", table_name="tickets")
    op.drop_index("ix_tickets_order_id", table_name="tickets")
