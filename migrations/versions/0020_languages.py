"""The language in which a person wants to read.

Revision ID: 0020
Revises: 0019
Create Date: 2026-11-29 13:10:00.000000

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade():
    # Added to the table as it stands: SQLite would otherwise make it anew, with all that refers to it.
    op.add_column("people", sa.Column("language", sa.String(length=10), nullable=True))


def downgrade():
    op.drop_column("people", "language")
