"""Runs the benchmarks named on the command line (default: all) and prints one table."""

import sys
from collections.abc import Callable

from . import latency, lists, machine, rooms, transitions, trios
from .table import Row, render

BENCHMARKS: dict[str, Callable[[], list[Row]]] = {
    "transitions": transitions.run,
    "latency": latency.run,
    "rooms": rooms.run,
    "trios": trios.run,
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
    for name in names:
        sys.stderr.write(f"… {name}\n")
        rows += BENCHMARKS[name]()
    print(render(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
