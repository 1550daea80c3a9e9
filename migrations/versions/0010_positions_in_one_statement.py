"""PostgreSQL: the sequencer numbers all that waits by one statement, and no index holds rows before their position.

Row by row (0006) every update began and ended an executor of its own: 25 µs a row. Its plan was to be had whatever
the statistics say, and this one is too: what waits is found by its own index first, as an array; one array is then
looked up by key, and nothing is joined. A row's place in the sorted array is found by halves (`width_bucket`).

Rows that wait, and on SQLite all, were in the index of positions with none.

Revision ID: 0010
Revises: 0009
Create Date: 2026-11-29 07:50:00.000000

"""

import sqlalchemy as sa
from alembic import context, op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

POSITION = ("uq_event_log_position", "event_log", ["position"])
NUMBERED = sa.text("position is not null")
# As in 0006, but for the middle.
SEQUENCE = """
create or replace function passline_sequence(held bigint, most integer, lease interval) returns integer
language plpgsql set enable_seqscan = off as $$
declare
    head bigint;
    counted integer;
    waiting bigint[];
begin
    perform from log_head
     where log_head.id = 1 and log_head.term = held and log_head.lease_until > clock_timestamp() + lease * 0.6;
    if found and not exists (select from event_log where event_log.position is null) then
        return 0;
    end if;

    select log_head.position into head from log_head where log_head.id = 1 and log_head.term = held for update;
    if not found then
        return -1;
    end if;

    waiting := array(select event_log.id from event_log where event_log.position is null order by event_log.id
                      limit most);
    update event_log set position = head + width_bucket(event_log.id, waiting) where event_log.id = any(waiting);
    get diagnostics counted = row_count;

    update log_head set position = head + counted, lease_until = clock_timestamp() + lease where log_head.id = 1;
    return counted;
end
$$
"""


def upgrade():
    op.drop_index(POSITION[0], table_name="event_log")
    op.create_index(*POSITION, unique=True, postgresql_where=NUMBERED, sqlite_where=NUMBERED)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(SEQUENCE)


def downgrade():
    if op.get_bind().dialect.name == "postgresql":
        op.execute(context.script.get_revision("0006").module.SEQUENCE)
    op.drop_index(POSITION[0], table_name="event_log")
    op.create_index(*POSITION, unique=True)
