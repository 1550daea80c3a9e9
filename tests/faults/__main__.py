"""`python -m tests.faults`: every fault in turn, then some at random, on PostgreSQL with Redis and on SQLite."""

import argparse
import sys
import time

from tests.services import PostgresServer, RedisServer

from . import faults
from .run import at_random, run, table
from .scene import scene


def main() -> int:
    """0 when nothing was missing, twice, out of order or with the wrong person."""
    asked = argparse.ArgumentParser(prog="make faults", description=__doc__)
    asked.add_argument("--screens", type=int, default=300)
    asked.add_argument("--rate", type=float, default=40, help="changes of state a second")
    asked.add_argument("--stopped", type=float, default=faults.LONG, help="seconds of a gateway that is stopped")
    asked.add_argument("--random", type=int, default=8, help="faults at random after each was had once")
    asked.add_argument("--seed", type=int, default=int(time.time()))
    asked.add_argument("--only", default="", help="a part of a fault's name")
    options = asked.parse_args()
    clean = True
    for postgres in (True, False):
        if postgres and (reason := PostgresServer.why_not() or RedisServer.why_not()):
            sys.stdout.write(f"left out: {reason}\n")
            continue
        known = faults.of(postgres=postgres)
        chosen = [fault for fault in known if options.only in fault.name]
        if not options.only:
            chosen += at_random(known, options.random, options.seed)
        title = f"{'PostgreSQL, Redis' if postgres else 'SQLite'}, two gateways, {options.screens} screens"
        with scene(watchers=options.screens, rate=options.rate, postgres=postgres) as made:
            outcomes = run(made, chosen, options.stopped)
        sys.stdout.write(f"\n{table(title, outcomes)}\n\nseed {options.seed}\n")
        sys.stdout.flush()
        clean = clean and all(outcome.is_clean for outcome in outcomes)
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
