"""What a screen gets back when its connection breaks.

Revision ID: 0003
Revises: 0002
Create Date: 2026-11-20 18:15:00.000000

"""

import sqlalchemy as sa
from alembic import op

from app.models import columns

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "recoveries",
        sa.Column("pid_hash", sa.String(length=64), nullable=False),
        sa.Column("credential", sa.String(length=60), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("channels", sa.Text(), nullable=False),
        sa.Column("used_at", columns.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("pid_hash", name=op.f("pk_recoveries")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("recoveries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recoveries_used_at"), ["used_at"], unique=False)


def downgrade():
    with op.batch_alter_table("recoveries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recoveries_used_at"))

    op.drop_table("recoveries")
