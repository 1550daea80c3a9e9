"""A second factor is stored when it is confirmed, and who deactivated somebody is remembered.

Secrets that wait for their first code go: each may have been shown to somebody else than the person. Whoever is
deactivated now counts as deactivated by an admin.

Revision ID: 0022
Revises: 0020
Create Date: 2026-11-29 13:20:00.000000

"""

import sqlalchemy as sa
from alembic import op

from app.models import columns

# revision identifiers, used by Alembic.
revision = "0022"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("delete from second_factors where confirmed_at is null")
    with op.batch_alter_table("second_factors") as batch_op:
        batch_op.alter_column("confirmed_at", existing_type=columns.Instant(timezone=True), nullable=False)
    # With a default of the server's, so that the table need not be made anew, on either database.
    op.add_column("people", sa.Column("is_off_by_kitchen", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade():
    op.drop_column("people", "is_off_by_kitchen")
    with op.batch_alter_table("second_factors") as batch_op:
        batch_op.alter_column("confirmed_at", existing_type=columns.Instant(timezone=True), nullable=True)
