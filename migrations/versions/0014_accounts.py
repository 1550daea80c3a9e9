"""Accounts: one-time links, second factors, idle and absolute ends of sessions, acting as another person.

Sessions that are there keep their end as the absolute one.

Revision ID: 0014
Revises: 0013
Create Date: 2026-11-29 07:55:31.402918

"""

import sqlalchemy as sa
from alembic import op

from app.models import columns

# revision identifiers, used by Alembic.
revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ACTING = sa.text("acts_as_id is not null")
_ACTED = sa.text("acted_by_id is not null")


def upgrade():
    op.create_table(
        "one_time_links",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("person_id", _BIG, nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("expires_at", columns.Instant(timezone=True), nullable=False),
        sa.Column("used_at", columns.Instant(timezone=True), nullable=True),
        sa.Column("created_at", columns.Instant(timezone=True), nullable=False),
        sa.Column("ended_at", columns.Instant(timezone=True), nullable=True),
        sa.CheckConstraint("purpose in ('invitation', 'password_reset')", name=op.f("ck_one_time_links_purpose")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_one_time_links_person_id_people"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_one_time_links_token_hash")),
    )
    op.create_index(op.f("ix_one_time_links_person_id"), "one_time_links", ["person_id"])
    op.create_index(op.f("ix_one_time_links_expires_at"), "one_time_links", ["expires_at"])
    op.create_table(
        "second_factors",
        sa.Column("person_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("last_step", _BIG, nullable=False),
        sa.Column("confirmed_at", columns.Instant(timezone=True), nullable=True),
        sa.Column("created_at", columns.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_second_factors_person_id_people"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_second_factors")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("person_id", _BIG, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", columns.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_recovery_codes_person_id_people"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
    )
    op.create_index(op.f("ix_recovery_codes_person_id"), "recovery_codes", ["person_id"])

    with op.batch_alter_table("sessions") as batch_op:
        batch_op.add_column(sa.Column("ends_at", columns.Instant(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("last_seen_at", columns.Instant(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("second_factor", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("acts_as_id", _BIG, nullable=True))
        batch_op.add_column(sa.Column("acting_until", columns.Instant(timezone=True), nullable=True))
    op.execute("update sessions set ends_at = expires_at, last_seen_at = created_at, second_factor = false")
    with op.batch_alter_table("sessions") as batch_op:
        for name in ("ends_at", "last_seen_at"):
            batch_op.alter_column(name, existing_type=columns.Instant(timezone=True), nullable=False)
        batch_op.alter_column("second_factor", existing_type=sa.Boolean(), nullable=False)
        batch_op.create_foreign_key(
            op.f("fk_sessions_acts_as_id_people"), "people", ["acts_as_id"], ["id"], ondelete="RESTRICT"
        )
        batch_op.create_check_constraint(
            op.f("ck_sessions_acting_ends"), "(acts_as_id is null) = (acting_until is null)"
        )
        batch_op.create_index("ix_sessions_acting", ["acting_until"], postgresql_where=_ACTING, sqlite_where=_ACTING)

    with op.batch_alter_table("api_tokens") as batch_op:
        batch_op.add_column(sa.Column("last_seen_at", columns.Instant(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("second_factor", sa.Boolean(), nullable=True))
    op.execute("update api_tokens set last_seen_at = created_at, second_factor = false")
    with op.batch_alter_table("api_tokens") as batch_op:
        batch_op.alter_column("last_seen_at", existing_type=columns.Instant(timezone=True), nullable=False)
        batch_op.alter_column("second_factor", existing_type=sa.Boolean(), nullable=False)

    with op.batch_alter_table("audit_entries") as batch_op:
        batch_op.add_column(sa.Column("acted_by_id", _BIG, nullable=True))
        batch_op.create_index(
            "ix_audit_entries_acted_by_id_id", ["acted_by_id", "id"], postgresql_where=_ACTED, sqlite_where=_ACTED
        )


def downgrade():
    with op.batch_alter_table("audit_entries") as batch_op:
        batch_op.drop_index("ix_audit_entries_acted_by_id_id")
        batch_op.drop_column("acted_by_id")
    with op.batch_alter_table("api_tokens") as batch_op:
        batch_op.drop_column("second_factor")
        batch_op.drop_column("last_seen_at")
    with op.batch_alter_table("sessions") as batch_op:
        batch_op.drop_index("ix_sessions_acting")
        batch_op.drop_constraint(op.f("ck_sessions_acting_ends"), type_="check")
        batch_op.drop_constraint(op.f("fk_sessions_acts_as_id_people"), type_="foreignkey")
        for name in ("acting_until", "acts_as_id", "second_factor", "last_seen_at", "ends_at"):
            batch_op.drop_column(name)
    op.drop_table("recovery_codes")
    op.drop_table("second_factors")
    op.drop_table("one_time_links")
