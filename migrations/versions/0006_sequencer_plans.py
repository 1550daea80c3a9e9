"""PostgreSQL: the sequencer numbers row by row, so that no statistics can make a bad plan of it.

A log grows by thousands of rows between two looks of ANALYZE. The one update over all that waits was planned as a join:
with the statistics of a young or freshly pruned log it read the whole table at every step (50 µs a row became 425), and
kept from that, it went through all that waits once more for every row: seconds for a thousand. Now the rows that wait
are found by their own index, and each is updated by its key.

Revision ID: 0006
Revises: 0005
Create Date: 2026-11-20 22:15:00.000000

"""

from alembic import context, op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

FUNCTION = "passline_sequence(bigint, integer, interval)"
# As in 0002, but for the middle.
SEQUENCE = """
create or replace function passline_sequence(held bigint, most integer, lease interval) returns integer
language plpgsql set enable_seqscan = off as $$
declare
    head bigint;
    counted integer := 0;
    waiting bigint;
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

    for waiting in select event_log.id from event_log where event_log.position is null order by event_log.id limit most
    loop
        counted := counted + 1;
        update event_log set position = head + counted where event_log.id = waiting;
    end loop;

    update log_head set position = head + counted, lease_until = clock_timestamp() + lease where log_head.id = 1;
    return counted;
end
$$
"""


def upgrade():
    if op.get_bind().dialect.name == "postgresql":
        op.execute(SEQUENCE)


def downgrade():
    if op.get_bind().dialect.name == "postgresql":
        before = context.script.get_revision("0002").module.SEQUENCE
        op.execute(f"alter function {FUNCTION} reset all")
        op.execute(before.replace("create function", "create or replace function", 1))
