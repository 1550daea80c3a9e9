"""Runs the benchmarks named on the command line (default: all but those apart) and prints one table."""

import sys
import time
import traceback
from collections.abc import Callable

from . import (
    board,
    churn,
    dashboard,
    export,
    handshakes,
    idle,
    latency,
    lists,
    machine,
    payments,
    positions,
    rooms,
    scale,
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
    "positions": positions.run,
    "handshakes": handshakes.run,
    "idle": idle.run,
    "sequencing": sequencing.run,
    "storm": storm.run,
    "churn": churn.run,
    "lists": lists.run,
    "dashboard": dashboard.run,
    "board": board.run,
    "payments": payments.run,
}
# Only when they are named.
APART: dict[str, Callable[[], list[Row]]] = {"scale": scale.run, "export": export.run}


def main() -> int:
    """Run, print; 1 when one failed, which the others outlive; 2 when a name is unknown."""
    known = BENCHMARKS | APART
    names = sys.argv[1:] or list(BENCHMARKS)
    if unknown := [name for name in names if name not in known]:
        sys.stderr.write(f"No such benchmark: {', '.join(unknown)}. There are: {', '.join(known)}.\n")
        return 2
    print(machine.described(), flush=True)
    rows: list[Row] = []
    failed = False
    for name in names:
        began = time.monotonic()
        sys.stderr.write(f"… {name}")
        try:
            rows += known[name]()
        except Exception:  # noqa: BLE001  (one that fails must not cost the others their figures)
            failed = True
            sys.stderr.write(f"\n{traceback.format_exc()}")
        sys.stderr.write(f" ({time.monotonic() - began:.0f} s)\n")
    print(render(rows))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
