"""`python -m benchmarks.capacity`: counts, from the figures in docs/scale.md, what one core and one server carry.

The rows of that page that begin with a `name` are the input; what is printed stands below them.
"""

import re
from math import ceil
from pathlib import Path

_PAGE = Path(__file__).resolve().parent.parent / "docs" / "scale.md"
_FIGURE = re.compile(r"^\| `(\w+)` \| ([\d.,]+) \|", re.MULTILINE)
_SIZES = (1_000, 5_000, 24_000, 240_000)


def figures() -> dict[str, float]:
    """Every figure of the page by its name."""
    return {name: float(value.replace(",", "")) for name, value in _FIGURE.findall(_PAGE.read_text(encoding="utf-8"))}


class Load:
    """What so many restaurants ask for at their busiest, each second; cores are CPU seconds a second."""

    def __init__(self, restaurants: float, of: dict[str, float]) -> None:
        orders = restaurants * of["orders"] / 3600
        self.transitions = orders * of["transitions"]
        self.rows = self.transitions * of["rows"]
        self.screens = restaurants * of["screens"] + orders * of["minutes"] * 60
        self.web = self.transitions * (of["transition"] + of["parts"] * of["part"]) / 1e3
        self.gateways = (
            self.transitions * (of["frames"] * of["delivery"] / 1e6 + of["parts"] * of["receipt"] / 1e3)
            + self.screens / of["beat"] * of["delivery"] / 1e6
            + orders * of["connects"] * of["handshake"] / 1e3
        )
        # Each gateway reads every row, whoever hears it.
        self.tax = self.rows * of["follow"] / 1e6
        self.processes = max(2, ceil(self.gateways / (of["full"] - self.tax))) if self.tax < of["full"] else 0
        self.redis = self.rows * (of["add"] + self.processes * of["fetch"]) / 1e6
        self.postgres = (
            self.transitions * (of["write"] + of["parts"] * of["read"]) / 1e3 + self.rows * of["number"] / 1e6
        )
        self.memory = self.screens * of["socket"] / 2**20
        self.wal = self.rows * of["wal"] / 2**20
        self.disk = self.rows * of["disk"] * of["busy"] * 3600 / 2**30


def of_sizes(of: dict[str, float]) -> dict[str, list[str]]:
    """What businesses of some sizes ask for."""
    loads = [Load(size, of) for size in _SIZES]
    return {
        "restaurants at their peak": [f"{size:,}" for size in _SIZES],
        "screens": [f"{load.screens:,.0f}" for load in loads],
        "changes of state a second": [f"{load.transitions:,.0f}" for load in loads],
        "rows of the log a second": [f"{load.rows:,.0f}" for load in loads],
        "web, cores at work": [f"{load.web:,.1f}" for load in loads],
        "gateways, cores at work": [f"{load.gateways:,.1f}" for load in loads],
        "and in each gateway, to follow the log": [f"{load.tax:,.2f}" for load in loads],
        "gateway processes": [str(load.processes or "cannot follow") for load in loads],
        "gateways' memory for screens, GiB": [f"{load.memory:,.2f}" for load in loads],
        "PostgreSQL, cores at work": [f"{load.postgres:,.1f}" for load in loads],
        "Redis, cores at work": [f"{load.redis:,.2f}" if load.processes else "" for load in loads],
        "WAL, MiB/s": [f"{load.wal:,.1f}" for load in loads],
        "log on disk, GiB": [f"{load.disk:,.0f}" for load in loads],
    }


def of_units(of: dict[str, float]) -> dict[str, list[str]]:
    """How far one of each goes, if it is not busier than `full`."""
    one, full = Load(1, of), of["full"]
    carried = {
        "one core of web": full / one.web,
        "one gateway (one core)": full / (one.gateways + one.tax),
        "one sequencer": of["sequencer"] / one.rows,
        "one Redis, ten gateways": full / (one.rows * (of["add"] + 10 * of["fetch"]) / 1e6),
        "one PostgreSQL of 8 cores": 8 * full / one.postgres,
    }
    return {"carries": ["restaurants", "screens", "rows/s"]} | {
        name: [f"{count:,.0f}", f"{count * one.screens:,.0f}", f"{count * one.rows:,.0f}"]
        for name, count in carried.items()
    }


def main() -> None:
    """Print the tables that stand below the figures."""
    of = figures()
    for table in (of_units(of), of_sizes(of)):
        for number, (name, cells) in enumerate(table.items()):
            print(f"| {name} | {' | '.join(cells)} |")
            if number == 0:
                print(f"|---|{'---:|' * len(cells)}")
        print()


if __name__ == "__main__":
    main()
