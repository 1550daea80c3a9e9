"""The language in which the code that a payment buys is sent.

Revision ID: 0025
Revises: 0021
Create Date: 2026-11-29 15:10:00.000000

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0025"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade():
    # Added to the table as it stands: SQLite would otherwise make it anew, with all that refers to it.
    op.add_column("payments", sa.Column("language", sa.String(length=10), nullable=True))


def downgrade():
    op.drop_column("payments", "language")
