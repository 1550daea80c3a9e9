"""What admins decide about the machine of orders: roles and reasons of edges, reason codes, deadlines.

Revision ID: 0015
Revises: 0014
Create Date: 2026-11-29 08:00:12.402911

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_DEADLINES = {"preparation_alert_minutes": ("0", "0 and 240"), "abandonment_minutes": ("30", "5 and 1440")}


def upgrade():
    op.create_table(
        "edge_policies",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("restaurant_id", _BIG, nullable=True),
        sa.Column("from_status", sa.String(length=20), nullable=False),
        sa.Column("to_status", sa.String(length=20), nullable=False),
        sa.Column("roles", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.String(length=100), nullable=False),
        _of_restaurant("edge_policies"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edge_policies")),
    )
    _one_each("edge_policies", "from_status", "to_status")
    op.create_table(
        "reason_codes",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("restaurant_id", _BIG, nullable=True),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        _of_restaurant("reason_codes"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reason_codes")),
    )
    _one_each("reason_codes", "code")
    op.create_table(
        "policy_defaults",
        sa.Column("id", _BIG, autoincrement=False, nullable=False),
        sa.Column("version", _BIG, nullable=False),
        sa.Column("acceptance_minutes", sa.Integer(), nullable=False),
        sa.Column("preparation_alert_minutes", sa.Integer(), nullable=False),
        sa.Column("abandonment_minutes", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_policy_defaults_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_defaults")),
    )
    # Added to the table as it stands: SQLite would otherwise make it anew, with all that refers to it.
    for name, (default, bounds) in _DEADLINES.items():
        within = sa.CheckConstraint(f"{name} between {bounds}", name=op.f(f"ck_restaurants_{name}"))
        op.add_column("restaurants", sa.Column(name, sa.Integer(), within, nullable=False, server_default=default))
    op.add_column("restaurants", sa.Column("policy_version", _BIG, nullable=False, server_default="0"))


def downgrade():
    with op.batch_alter_table("restaurants") as batch_op:
        for name in _DEADLINES:
            batch_op.drop_constraint(op.f(f"ck_restaurants_{name}"), type_="check")
        for name in ("policy_version", *_DEADLINES):
            batch_op.drop_column(name)
    for table in ("policy_defaults", "reason_codes", "edge_policies"):
        op.drop_table(table)


def _of_restaurant(table):
    return sa.ForeignKeyConstraint(
        ["restaurant_id"], ["restaurants.id"], name=op.f(f"fk_{table}_restaurant_id_restaurants"), ondelete="RESTRICT"
    )


def _one_each(table, *columns):
    for_all = sa.text("restaurant_id is null")
    op.create_index(f"uq_{table}_restaurant", table, ["restaurant_id", *columns], unique=True)
    op.create_index(
        f"uq_{table}_for_all", table, list(columns), unique=True, postgresql_where=for_all, sqlite_where=for_all
    )
