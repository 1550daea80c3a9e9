"""Deliveries: tickets, offers, drivers and where they are, and every window that a guest was promised.

Revision ID: 0007
Revises: 0006
Create Date: 2026-11-21 00:04:18.208256

"""

import sqlalchemy as sa
from alembic import op

from app.models import columns

# revision identifiers, used by Alembic.
revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "live_fixes",
        sa.Column("room", sa.String(length=64), nullable=False),
        sa.Column(
            "driver_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("n", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("data", sa.Text(), nullable=True),
        sa.Column("at", columns.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("room", "driver_id", name=op.f("pk_live_fixes")),
    )
    with op.batch_alter_table("live_fixes", schema=None) as batch_op:
        batch_op.create_index("ix_live_fixes_n", ["n"], unique=False)

    op.create_table(
        "drivers",
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("on_duty", sa.Boolean(), nullable=False),
        sa.Column("duty_changed_at", columns.Instant(timezone=True), nullable=False),
        sa.Column("off_duty_reason", sa.String(length=20), nullable=True),
        sa.Column("lapses_in_row", sa.Integer(), nullable=False),
        sa.Column("last_offered_at", columns.Instant(timezone=True), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("accuracy", sa.Double(), nullable=True),
        sa.Column("fixed_at", columns.Instant(timezone=True), nullable=True),
        sa.Column("received_at", columns.Instant(timezone=True), nullable=True),
        sa.Column("doubted_latitude", sa.Double(), nullable=True),
        sa.Column("doubted_longitude", sa.Double(), nullable=True),
        sa.Column("doubted_at", columns.Instant(timezone=True), nullable=True),
        sa.CheckConstraint("(latitude is null) = (fixed_at is null)", name=op.f("ck_drivers_fix_has_a_time")),
        sa.CheckConstraint("(latitude is null) = (longitude is null)", name=op.f("ck_drivers_fix_is_whole")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_drivers_person_id_people"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_drivers")),
    )
    op.create_table(
        "promises",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("promised_from", columns.Instant(timezone=True), nullable=False),
        sa.Column("promised_by", columns.Instant(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("at", columns.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_promises_order_id_orders"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promises")),
    )
    with op.batch_alter_table("promises", schema=None) as batch_op:
        batch_op.create_index("ix_promises_order_id", ["order_id", "id"], unique=False)

    op.create_table(
        "tickets",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("driver_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("driver_name", sa.String(length=120), nullable=True),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("distance_m", sa.Integer(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("pay_minor", sa.Integer(), nullable=False),
        sa.Column("drop_code", sa.String(length=8), nullable=False),
        sa.Column("created_at", columns.Instant(timezone=True), nullable=False),
        sa.Column("ready_at", columns.Instant(timezone=True), nullable=True),
        sa.Column("due_at", columns.Instant(timezone=True), nullable=True),
        sa.Column("sought_since", columns.Instant(timezone=True), nullable=True),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("assigned_at", columns.Instant(timezone=True), nullable=True),
        sa.Column("picked_up_at", columns.Instant(timezone=True), nullable=True),
        sa.Column("ended_at", columns.Instant(timezone=True), nullable=True),
        sa.Column("changed_at", columns.Instant(timezone=True), nullable=False),
        sa.Column("changed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("changed_by_name", sa.String(length=120), nullable=False),
        sa.Column("changed_by_role", sa.String(length=20), nullable=False),
        sa.CheckConstraint(
            "status not in ('assigned', 'at_pickup', 'picked_up', 'at_dropoff', 'delivered', 'failed', 'returning',"
            " 'returned') or driver_id is not null",
            name=op.f("ck_tickets_assigned_has_a_driver"),
        ),
        sa.CheckConstraint("(latitude is null) = (longitude is null)", name=op.f("ck_tickets_drop_is_whole")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_tickets_version")),
        sa.ForeignKeyConstraint(
            ["driver_id"], ["people.id"], name=op.f("fk_tickets_driver_id_people"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_tickets_order_id_orders"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
        sa.UniqueConstraint("number", name=op.f("uq_tickets_number")),
    )
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.create_index(
            "ix_tickets_driver_id",
            ["driver_id"],
            unique=False,
            postgresql_where=sa.text("ended_at is null"),
            sqlite_where=sa.text("ended_at is null"),
        )
        batch_op.create_index(
            "ix_tickets_due_at",
            ["due_at"],
            unique=False,
            postgresql_where=sa.text("due_at is not null"),
            sqlite_where=sa.text("due_at is not null"),
        )
        batch_op.create_index(
            "ix_tickets_open",
            ["status", "id"],
            unique=False,
            postgresql_where=sa.text("ended_at is null"),
            sqlite_where=sa.text("ended_at is null"),
        )
        batch_op.create_index(
            "uq_tickets_order_id",
            ["order_id"],
            unique=True,
            postgresql_where=sa.text("status <> 'cancelled'"),
            sqlite_where=sa.text("status <> 'cancelled'"),
        )

    op.create_table(
        "drop_proofs",
        sa.Column(
            "ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("photo_type", sa.String(length=20), nullable=True),
        sa.Column("photo", sa.LargeBinary(), nullable=True),
        sa.Column("at", columns.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_drop_proofs_ticket_id_tickets"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_drop_proofs")),
    )
    op.create_table(
        "ticket_changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("from_status", sa.String(length=20), nullable=True),
        sa.Column("to_status", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("actor_name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("reason_code", sa.String(length=40), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("at", columns.Instant(timezone=True), nullable=False),
        sa.Column("occurred_at", columns.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_changes_ticket_id_tickets"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_changes")),
    )
    with op.batch_alter_table("ticket_changes", schema=None) as batch_op:
        batch_op.create_index("uq_ticket_changes_ticket_id", ["ticket_id", "version"], unique=True)

    op.create_table(
        "ticket_offers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("driver_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("offered_at", columns.Instant(timezone=True), nullable=False),
        sa.Column("lapses_at", columns.Instant(timezone=True), nullable=False),
        sa.Column("answered_at", columns.Instant(timezone=True), nullable=True),
        sa.Column("offered_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("offered_by_name", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("considered", sa.Text(), nullable=False),
        sa.Column("distance_m", sa.Integer(), nullable=True),
        sa.Column("decline_reason", sa.String(length=40), nullable=True),
        sa.CheckConstraint("(status = 'open') = (answered_at is null)", name=op.f("ck_ticket_offers_open_or_answered")),
        sa.CheckConstraint(
            "status in ('open', 'accepted', 'declined', 'lapsed', 'withdrawn')", name=op.f("ck_ticket_offers_status")
        ),
        sa.ForeignKeyConstraint(
            ["driver_id"], ["people.id"], name=op.f("fk_ticket_offers_driver_id_people"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_offers_ticket_id_tickets"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_offers")),
    )
    with op.batch_alter_table("ticket_offers", schema=None) as batch_op:
        batch_op.create_index("ix_ticket_offers_driver_id", ["driver_id", "id"], unique=False)
        batch_op.create_index("ix_ticket_offers_ticket_id", ["ticket_id", "id"], unique=False)
        batch_op.create_index(
            "uq_ticket_offers_accepted",
            ["ticket_id"],
            unique=True,
            postgresql_where=sa.text("status = 'accepted'"),
            sqlite_where=sa.text("status = 'accepted'"),
        )
        batch_op.create_index(
            "uq_ticket_offers_open_driver",
            ["driver_id"],
            unique=True,
            postgresql_where=sa.text("status = 'open'"),
            sqlite_where=sa.text("status = 'open'"),
        )
        batch_op.create_index(
            "uq_ticket_offers_open_ticket",
            ["ticket_id"],
            unique=True,
            postgresql_where=sa.text("status = 'open'"),
            sqlite_where=sa.text("status = 'open'"),
        )

    op.create_table(
        "track_points",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("driver_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("accuracy", sa.Double(), nullable=True),
        sa.Column("fixed_at", columns.Instant(timezone=True), nullable=False),
        sa.Column("received_at", columns.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["driver_id"], ["people.id"], name=op.f("fk_track_points_driver_id_people"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_track_points_ticket_id_tickets"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_track_points")),
    )
    with op.batch_alter_table("track_points", schema=None) as batch_op:
        batch_op.create_index("ix_track_points_received_at", ["received_at"], unique=False)
        batch_op.create_index("ix_track_points_ticket_id", ["ticket_id", "fixed_at"], unique=False)

    # Added to the tables as they stand: SQLite would otherwise make them anew, with all that refers to them.
    for table in ("orders", "restaurants"):
        for name in ("latitude", "longitude"):
            op.add_column(table, sa.Column(name, sa.Double(), nullable=True))
    known = sa.CheckConstraint(
        "drop_proof in ('none', 'code', 'photo', 'note')", name=op.f("ck_restaurants_drop_proof")
    )
    op.add_column("restaurants", sa.Column("drop_proof", sa.String(20), known, nullable=False, server_default="code"))
    for name in ("ride_pay_minor", "ride_pay_per_km_minor"):
        op.add_column("restaurants", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    if op.get_bind().dialect.name == "postgresql":
        # On SQLite the one who writes looks for the largest.
        op.execute("create sequence live_fixes_n")


def downgrade():
    if op.get_bind().dialect.name == "postgresql":
        op.execute("drop sequence live_fixes_n")
    for table in ("restaurants", "orders"):
        with op.batch_alter_table(table) as batch_op:
            if table == "restaurants":
                batch_op.drop_constraint(op.f("ck_restaurants_drop_proof"), type_="check")
                for name in ("drop_proof", "ride_pay_minor", "ride_pay_per_km_minor"):
                    batch_op.drop_column(name)
            batch_op.drop_column("longitude")
            batch_op.drop_column("latitude")
    for table in (
        "live_fixes",
        "track_points",
        "ticket_offers",
        "ticket_changes",
        "drop_proofs",
        "tickets",
        "promises",
        "drivers",
    ):
        op.drop_table(table)
