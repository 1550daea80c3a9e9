"""One order, end to end: people, sessions, restaurants, menus, orders, history and the log of events.

Revision ID: 0001
Revises:
Create Date: 2026-11-20 15:01:17.069883

"""

import secrets

import sqlalchemy as sa
from alembic import op

from app.models import columns

# revision identifiers, used by Alembic.
revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "event_log",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("event_id", sa.String(length=32), nullable=False),
        sa.Column("room", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", columns.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_log")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("event_log", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_log_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_event_log_order_id"), ["order_id"], unique=False)
        batch_op.create_index("ix_event_log_room_position", ["room", "position"], unique=False)
        batch_op.create_index(
            "ix_event_log_unsequenced",
            ["id"],
            unique=False,
            postgresql_where=sa.text("position is null"),
            sqlite_where=sa.text("0"),
        )
        batch_op.create_index("uq_event_log_position", ["position"], unique=True)

    op.create_table(
        "log_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.String(length=32), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pruned", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("term", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("holder", sa.String(length=80), nullable=True),
        sa.Column("lease_until", columns.Instant(timezone=True), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_log_head_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_head")),
    )
    op.create_table(
        "order_terms",
        sa.Column(
            "term", sa.String(length=60).with_variant(sa.String(length=60, collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("term", "order_id", name=op.f("pk_order_terms")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "receipts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_number", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("screen_id", sa.String(length=40), nullable=False),
        sa.Column("screen_name", sa.String(length=60), nullable=False),
        sa.Column("audible", sa.Boolean(), nullable=False),
        sa.Column("visible", sa.Boolean(), nullable=False),
        sa.Column("seen_at", columns.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
    )
    with op.batch_alter_table("receipts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_receipts_order_number"), ["order_number"], unique=False)
        batch_op.create_index(batch_op.f("ix_receipts_seen_at"), ["seen_at"], unique=False)

    op.create_table(
        "restaurants",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kitchen", sa.String(length=60), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("time_zone", sa.String(length=60), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("acceptance_minutes", sa.Integer(), nullable=False),
        sa.Column("preparation_minutes", sa.Integer(), nullable=False),
        sa.Column("delivery_minutes", sa.Integer(), nullable=False),
        sa.Column("auto_accept", sa.Boolean(), nullable=False),
        sa.Column("accepting", sa.Boolean(), nullable=False),
        sa.Column("day_starts", sa.Time(), nullable=False),
        sa.Column("created_at", columns.Instant(timezone=True), nullable=False),
        sa.CheckConstraint("acceptance_minutes between 1 and 240", name=op.f("ck_restaurants_acceptance_minutes")),
        sa.CheckConstraint("preparation_minutes between 1 and 480", name=op.f("ck_restaurants_preparation_minutes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restaurants")),
        sa.UniqueConstraint("slug", name=op.f("uq_restaurants_slug")),
    )
    op.create_table(
        "categories",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("restaurant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["restaurant_id"],
            ["restaurants.id"],
            name=op.f("fk_categories_restaurant_id_restaurants"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_categories")),
    )
    with op.batch_alter_table("categories", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_categories_restaurant_id"), ["restaurant_id"], unique=False)

    op.create_table(
        "opening_hours",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("restaurant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("opens", sa.Time(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=False),
        sa.CheckConstraint("weekday between 0 and 6", name=op.f("ck_opening_hours_weekday")),
        sa.ForeignKeyConstraint(
            ["restaurant_id"],
            ["restaurants.id"],
            name=op.f("fk_opening_hours_restaurant_id_restaurants"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening_hours")),
        sa.UniqueConstraint(
            "restaurant_id", "weekday", "opens", name=op.f("uq_opening_hours_restaurant_id_weekday_opens")
        ),
    )
    with op.batch_alter_table("opening_hours", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_opening_hours_restaurant_id"), ["restaurant_id"], unique=False)

    op.create_table(
        "people",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("restaurant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", columns.Instant(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(role = 'vendor') = (restaurant_id is not null)", name=op.f("ck_people_staff_have_a_restaurant")
        ),
        sa.CheckConstraint("role in ('customer', 'vendor', 'driver', 'admin')", name=op.f("ck_people_role_known")),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_people_email_lower")),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name=op.f("fk_people_restaurant_id_restaurants"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("email", name=op.f("uq_people_email")),
    )
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.create_index("ix_people_demo", ["is_demo"], unique=False, postgresql_where=sa.text("is_demo"))
        batch_op.create_index(batch_op.f("ix_people_restaurant_id"), ["restaurant_id"], unique=False)

    op.create_table(
        "api_tokens",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", columns.Instant(timezone=True), nullable=False),
        sa.Column("expires_at", columns.Instant(timezone=True), nullable=False),
        sa.Column("ended_at", columns.Instant(timezone=True), nullable=True),
        sa.Column("user_agent", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_api_tokens_person_id_people"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )
    with op.batch_alter_table("api_tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_tokens_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "ix_api_tokens_running_out",
            ["expires_at"],
            unique=False,
            postgresql_where=sa.text("ended_at is null"),
            sqlite_where=sa.text("ended_at is null"),
        )

    op.create_table(
        "idempotency_keys",
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("created_at", columns.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_idempotency_keys_person_id_people"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("person_id", "key", name=op.f("pk_idempotency_keys")),
    )
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_keys_created_at"), ["created_at"], unique=False)

    op.create_table(
        "menu_items",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("restaurant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("category_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("price_minor", sa.Integer(), nullable=False),
        sa.Column("available", sa.Boolean(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_menu_items_price_not_negative")),
        sa.ForeignKeyConstraint(
            ["category_id"], ["categories.id"], name=op.f("fk_menu_items_category_id_categories"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id"],
            ["restaurants.id"],
            name=op.f("fk_menu_items_restaurant_id_restaurants"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_menu_items")),
    )
    with op.batch_alter_table("menu_items", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_menu_items_category_id"), ["category_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_menu_items_restaurant_id"), ["restaurant_id"], unique=False)

    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("restaurant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("fulfilment", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total_minor", sa.Integer(), nullable=False),
        sa.Column("items_count", sa.Integer(), nullable=False),
        sa.Column("payment_method", sa.String(length=20), nullable=False),
        sa.Column("payment_status", sa.String(length=20), nullable=False),
        sa.Column("created_at", columns.Instant(timezone=True), nullable=False),
        sa.Column("confirmed_at", columns.Instant(timezone=True), nullable=True),
        sa.Column("scheduled_for", columns.Instant(timezone=True), nullable=True),
        sa.Column("placed_at", columns.Instant(timezone=True), nullable=True),
        sa.Column("due_at", columns.Instant(timezone=True), nullable=True),
        sa.Column("accepted_at", columns.Instant(timezone=True), nullable=True),
        sa.Column("prep_minutes", sa.Integer(), nullable=True),
        sa.Column("promised_from", columns.Instant(timezone=True), nullable=True),
        sa.Column("promised_by", columns.Instant(timezone=True), nullable=True),
        sa.Column("handover_code", sa.String(length=8), nullable=False),
        sa.Column("changed_at", columns.Instant(timezone=True), nullable=False),
        sa.Column("changed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("changed_by_name", sa.String(length=120), nullable=False),
        sa.Column("changed_by_role", sa.String(length=20), nullable=False),
        sa.Column("cancellation_kind", sa.String(length=20), nullable=True),
        sa.Column("cancellation_reason", sa.String(length=40), nullable=True),
        sa.Column("cancellation_note", sa.String(length=500), nullable=True),
        sa.Column("stop_acknowledged_at", columns.Instant(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status = 'cancelled') = (cancellation_kind is not null)", name=op.f("ck_orders_cancelled_has_a_kind")
        ),
        sa.CheckConstraint("fulfilment <> 'delivery' or address <> ''", name=op.f("ck_orders_delivery_has_an_address")),
        sa.CheckConstraint("fulfilment in ('pickup', 'delivery', 'dine_in')", name=op.f("ck_orders_fulfilment")),
        sa.CheckConstraint("total_minor >= 0", name=op.f("ck_orders_total_not_negative")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_orders_version")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["people.id"], name=op.f("fk_orders_customer_id_people"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name=op.f("fk_orders_restaurant_id_restaurants"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("number", name=op.f("uq_orders_number")),
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index("ix_orders_customer_id_id", ["customer_id", "id"], unique=False)
        batch_op.create_index(
            "ix_orders_due_at",
            ["due_at"],
            unique=False,
            postgresql_where=sa.text("due_at is not null"),
            sqlite_where=sa.text("due_at is not null"),
        )
        batch_op.create_index("ix_orders_restaurant_id_id", ["restaurant_id", "id"], unique=False)
        batch_op.create_index("ix_orders_restaurant_status_id", ["restaurant_id", "status", "id"], unique=False)
        batch_op.create_index("ix_orders_status_id", ["status", "id"], unique=False)

    op.create_table(
        "sessions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", columns.Instant(timezone=True), nullable=False),
        sa.Column("expires_at", columns.Instant(timezone=True), nullable=False),
        sa.Column("ended_at", columns.Instant(timezone=True), nullable=True),
        sa.Column("user_agent", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_sessions_person_id_people"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sessions_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "ix_sessions_running_out",
            ["expires_at"],
            unique=False,
            postgresql_where=sa.text("ended_at is null"),
            sqlite_where=sa.text("ended_at is null"),
        )

    op.create_table(
        "cancellation_requests",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("created_at", columns.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_cancellation_requests_order_id_orders"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_cancellation_requests_person_id_people"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cancellation_requests")),
        sa.UniqueConstraint("order_id", name=op.f("uq_cancellation_requests_order_id")),
    )
    op.create_table(
        "order_changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
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
            ["order_id"], ["orders.id"], name=op.f("fk_order_changes_order_id_orders"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_changes")),
        sa.UniqueConstraint("order_id", "version", name=op.f("uq_order_changes_order_id_version")),
    )
    op.create_table(
        "order_items",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("menu_item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price_minor", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.CheckConstraint("quantity between 1 and 99", name=op.f("ck_order_items_quantity")),
        sa.CheckConstraint("unit_price_minor >= 0", name=op.f("ck_order_items_price_not_negative")),
        sa.ForeignKeyConstraint(
            ["menu_item_id"],
            ["menu_items.id"],
            name=op.f("fk_order_items_menu_item_id_menu_items"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_items_order_id_orders"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_items")),
    )
    with op.batch_alter_table("order_items", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_order_items_order_id"), ["order_id"], unique=False)

    op.create_table(
        "tracking_links",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", columns.Instant(timezone=True), nullable=False),
        sa.Column("expires_at", columns.Instant(timezone=True), nullable=True),
        sa.Column("ended_at", columns.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_tracking_links_order_id_orders"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracking_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_tracking_links_token_hash")),
    )
    with op.batch_alter_table("tracking_links", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tracking_links_order_id"), ["order_id"], unique=False)
        batch_op.create_index(
            "ix_tracking_links_running_out",
            ["expires_at"],
            unique=False,
            postgresql_where=sa.text("ended_at is null"),
            sqlite_where=sa.text("ended_at is null"),
        )

    # Which life of this database it is: positions of another one are recognised by it.
    log_head = sa.table("log_head", *map(sa.column, ("id", "epoch", "position", "pruned", "term")))
    op.execute(log_head.insert().values(id=1, epoch=secrets.token_hex(4), position=0, pruned=0, term=0))


def downgrade():
    with op.batch_alter_table("tracking_links", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_tracking_links_running_out",
            postgresql_where=sa.text("ended_at is null"),
            sqlite_where=sa.text("ended_at is null"),
        )
        batch_op.drop_index(batch_op.f("ix_tracking_links_order_id"))

    op.drop_table("tracking_links")
    with op.batch_alter_table("order_items", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_order_items_order_id"))

    op.drop_table("order_items")
    op.drop_table("order_changes")
    op.drop_table("cancellation_requests")
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_sessions_running_out",
            postgresql_where=sa.text("ended_at is null"),
            sqlite_where=sa.text("ended_at is null"),
        )
        batch_op.drop_index(batch_op.f("ix_sessions_person_id"))

    op.drop_table("sessions")
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_index("ix_orders_status_id")
        batch_op.drop_index("ix_orders_restaurant_status_id")
        batch_op.drop_index("ix_orders_restaurant_id_id")
        batch_op.drop_index(
            "ix_orders_due_at",
            postgresql_where=sa.text("due_at is not null"),
            sqlite_where=sa.text("due_at is not null"),
        )
        batch_op.drop_index("ix_orders_customer_id_id")

    op.drop_table("orders")
    with op.batch_alter_table("menu_items", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_menu_items_restaurant_id"))
        batch_op.drop_index(batch_op.f("ix_menu_items_category_id"))

    op.drop_table("menu_items")
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotency_keys_created_at"))

    op.drop_table("idempotency_keys")
    with op.batch_alter_table("api_tokens", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_api_tokens_running_out",
            postgresql_where=sa.text("ended_at is null"),
            sqlite_where=sa.text("ended_at is null"),
        )
        batch_op.drop_index(batch_op.f("ix_api_tokens_person_id"))

    op.drop_table("api_tokens")
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_people_restaurant_id"))
        batch_op.drop_index("ix_people_demo", postgresql_where=sa.text("is_demo"))

    op.drop_table("people")
    with op.batch_alter_table("opening_hours", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_opening_hours_restaurant_id"))

    op.drop_table("opening_hours")
    with op.batch_alter_table("categories", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_categories_restaurant_id"))

    op.drop_table("categories")
    op.drop_table("restaurants")
    with op.batch_alter_table("receipts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_receipts_seen_at"))
        batch_op.drop_index(batch_op.f("ix_receipts_order_number"))

    op.drop_table("receipts")
    op.drop_table("order_terms")
    op.drop_table("log_head")
    with op.batch_alter_table("event_log", schema=None) as batch_op:
        batch_op.drop_index("uq_event_log_position")
        batch_op.drop_index(
            "ix_event_log_unsequenced", postgresql_where=sa.text("position is null"), sqlite_where=sa.text("0")
        )
        batch_op.drop_index("ix_event_log_room_position")
        batch_op.drop_index(batch_op.f("ix_event_log_order_id"))
        batch_op.drop_index(batch_op.f("ix_event_log_created_at"))

    op.drop_table("event_log")
