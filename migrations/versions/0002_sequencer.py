"""PostgreSQL: the one statement that gives committed rows of the log their position (see gateway/sequencer.py).

Revision ID: 0002
Revises: 0001
Create Date: 2026-11-20 15:20:00.000000

"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Returns how many rows were numbered, or -1 when `held` is not the current term. The row of log_head is locked for
# this one statement only; the update that follows sees every row that was committed before the lock was had. Without
# anything to number and with a lease that is fresh enough, nothing is locked and nothing is written.
SEQUENCE = """
create function passline_sequence(held bigint, most integer, lease interval) returns integer
language plpgsql as $$
declare
    head bigint;
    counted integer;
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

    update event_log set position = head + numbered.place
      from (select waiting.id, row_number() over (order by waiting.id) as place
              from (select event_log.id from event_log where event_log.position is null
                     order by event_log.id limit most) as waiting) as numbered
     where event_log.id = numbered.id;
    get diagnostics counted = row_count;

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
        op.execute("drop function passline_sequence(bigint, integer, interval)")
