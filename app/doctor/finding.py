"""What is said of one link of the chain: one line, and for one that is broken its mend."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "wrong", "cannot say"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One link. `mend` says what to do about it; only what is wrong has one."""

    link: str
    verdict: Verdict
    seen: str
    mend: str = ""

    def __str__(self) -> str:
        line = f"{self.verdict:<10}  {self.link:<14}  {self.seen}"
        return f"{line} -> {self.mend}" if self.mend else line


def ok(link: str, seen: str) -> Finding:
    """The link holds."""
    return Finding(link, "ok", seen)


def wrong(link: str, seen: str, mend: str) -> Finding:
    """The link is broken."""
    return Finding(link, "wrong", seen, mend)


def unsure(link: str, seen: str) -> Finding:
    """It cannot be told, because of what `seen` says."""
    return Finding(link, "cannot say", seen)
