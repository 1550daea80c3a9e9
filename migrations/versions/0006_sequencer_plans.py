"""PostgreSQL: the sequencer's statement keeps to its indexes, whatever the statistics say.

A log grows by thousands of rows between two looks of ANALYZE. Planned for the few rows of a young or freshly pruned
log, or for many rows that wait, the statement read the whole table at every step: 50 µs a row became 425, and a step
with nothing to do 6 ms.

Revision ID: 0006
Revises: 0005
Create Date: 2026-11-20 22:15:00.000000

"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

FUNCTION = "passline_sequence(bigint, integer, interval)"
# Hash and merge joins would read all of the log beside the few rows that wait.
PLANS = "set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off"


def upgrade():
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"alter function {FUNCTION} {PLANS}")


def downgrade():
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"alter function {FUNCTION} reset all")
