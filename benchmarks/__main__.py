"""Runs the benchmarks named on the command line (default: all) and prints one table."""

import sys
import time
from collections.abc import Callable

from . import (
    churn,
    handshakes,
    idle,
    latency,
    lists,
    machine,
    rooms,
    sequencing,
    storm,
    transitions,
    trios,
)
from .table import Row, render

BENCHMARKS: dict[str, Callable[[], list[Row]]] = {
    "transitions": transitions.run,
    "latency": latency.run,
    "rooms": rooms.run,
    "trios": trios.run,
    "handshakes": handshakes.run,
    "idle": idle.run,
    "sequencing": sequencing.run,
    "storm": storm.run,
    "churn": churn.run,
    "lists": lists.run,
}


def main() -> int:
    """Run, print; 2 when a name is unknown."""
    names = sys.argv[1:] or list(BENCHMARKS)
    if unknown := [name for name in names if name not in BENCHMARKS]:
        sys.stderr.write(f"No such benchmark: {', '.join(unknown)}. There are: {', '.join(BENCHMARKS)}.\n")
        return 2
    print(machine.described())
    rows: list[Row] = []
    try:
        for name in names:
            began = time.monotonic()
            sys.stderr.write(f"… {name}")
            rows += BENCHMARKS[name]()
            sys.stderr.write(f" ({time.monotonic() - began:.0f} s)\n")
    finally:
        # What was measured before one failed is not lost.
        print(render(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
