"""Lists of people, newest first: those with an account, and those of one role, along an index.

Revision ID: 0024
Revises: 0025
Create Date: 2026-11-30 08:00:00.000000

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0024"
down_revision = "0025"
branch_labels = None
depends_on = None

# Guests come with every order and are in no such list: their rows cost these indexes nothing.
_WITH_ACCOUNT = {"sqlite_where": sa.text("is_guest IS 0"), "postgresql_where": sa.text("is_guest IS false")}


def upgrade():
    op.create_index("ix_people_with_account_id", "people", ["id"], **_WITH_ACCOUNT)
    op.create_index("ix_people_with_account_role_id", "people", ["role", "id"], **_WITH_ACCOUNT)


def downgrade():
    op.drop_index("ix_people_with_account_role_id", "people")
    op.drop_index("ix_people_with_account_id", "people")
