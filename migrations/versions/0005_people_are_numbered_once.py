"""SQLite: a person's id is never given again, so that a room `user.{id}` never passes to somebody else.

PostgreSQL's sequences do so anyway. SQLite gives the highest id again when its row was deleted, unless the table says
AUTOINCREMENT, for which it has to be made anew.

Revision ID: 0005
Revises: 0004
Create Date: 2026-11-20 21:40:00.000000

"""

import sqlalchemy as sa
from alembic import op

from app.models import columns

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# As migration 0001 made it: SQLite does not tell the names of its checks.
PEOPLE = sa.Table(
    "people",
    sa.MetaData(),
    sa.Column("id", sa.Integer(), nullable=False),
    sa.Column("email", sa.String(length=254), nullable=False),
    sa.Column("name", sa.String(length=120), nullable=False),
    sa.Column("phone", sa.String(length=20), nullable=True),
    sa.Column("password_hash", sa.String(length=200), nullable=False),
    sa.Column("role", sa.String(length=20), nullable=False),
    sa.Column("restaurant_id", sa.Integer(), nullable=True),
    sa.Column("is_active", sa.Boolean(), nullable=False),
    sa.Column("is_demo", sa.Boolean(), nullable=False),
    sa.Column("created_at", columns.Instant(timezone=True), nullable=False),
    sa.CheckConstraint("(role = 'vendor') = (restaurant_id is not null)", name="ck_people_staff_have_a_restaurant"),
    sa.CheckConstraint("role in ('customer', 'vendor', 'driver', 'admin')", name="ck_people_role_known"),
    sa.CheckConstraint("email = lower(email)", name="ck_people_email_lower"),
    sa.ForeignKeyConstraint(
        ["restaurant_id"], ["restaurants.id"], name="fk_people_restaurant_id_restaurants", ondelete="RESTRICT"
    ),
    sa.PrimaryKeyConstraint("id", name="pk_people"),
    sa.UniqueConstraint("email", name="uq_people_email"),
    sa.Index("ix_people_demo", "is_demo"),
    sa.Index("ix_people_restaurant_id", "restaurant_id"),
)


def upgrade():
    make_anew(sqlite_autoincrement=True)


def downgrade():
    make_anew()


def make_anew(**options):
    if op.get_bind().dialect.name == "sqlite":
        # Other tables refer to this one; env.py has switched the keys off, which only holds outside a transaction.
        with op.batch_alter_table("people", copy_from=PEOPLE, recreate="always", table_kwargs=options):
            pass
