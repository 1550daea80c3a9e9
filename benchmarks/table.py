"""The table that `make bench` prints, in Markdown, as it stands in the README."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what was measured on which database, ours, the floor or peer, the target, and whether it is met."""

    measure: str
    database: str
    ours: str
    beside: str
    target: str
    met: bool

    def cells(self) -> tuple[str, ...]:
        return (self.measure, self.database, self.ours, self.beside, self.target, "yes" if self.met else "**no**")


HEADINGS = ("measure", "database", "Passline", "beside it, same run", "target", "met")


def render(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [HEADINGS, tuple("---" for _ in HEADINGS), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def median(values: list[float]) -> float:
    """The middle one."""
    return percentile(values, 50)


def percentile(values: list[float], percent: float) -> float:
    """The value that `percent` of them do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
