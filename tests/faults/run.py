"""Runs faults one after the other under load, and counts after each what was committed and what arrived."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

from .faults import Fault
from .scene import Scene, Stuck

# Seconds of load before and after each fault.
BEFORE, AFTER = 1.0, 1.0


@dataclass(frozen=True)
class Outcome:
    """What happened from one fault to the next. `worst_delay` in seconds, from commit to screen."""

    fault: str
    committed: int
    received: int
    missing: int
    duplicated: int
    out_of_order: int
    leaked: int
    reloads: int
    refused: int
    unexpected: int
    worst_delay: float
    problem: str

    @property
    def is_clean(self) -> bool:
        """Whether nothing is counted that must not be, and something was written at all."""
        wrong = (self.missing, self.duplicated, self.out_of_order, self.leaked, self.reloads, self.refused)
        return not any(wrong) and not self.unexpected and not self.problem and self.committed > 0


def run(scene: Scene, faults: Sequence[Fault], seconds: float) -> list[Outcome]:
    """Each in turn."""
    return [_one(scene, fault, seconds) for fault in faults]


def at_random(faults: Sequence[Fault], count: int, seed: int) -> list[Fault]:
    """So many of them, in an order that the seed decides."""
    chooser = random.Random(seed)
    return [chooser.choice(faults) for _ in range(count)]


def _one(scene: Scene, fault: Fault, seconds: float) -> Outcome:
    audience = scene.audience
    rows, received = len(scene.committed()), audience.received
    audience.worst_delay, problem = 0.0, ""
    scene.load.begin()
    time.sleep(BEFORE)
    fault.act(scene, seconds)
    time.sleep(AFTER)
    scene.load.pause()
    try:
        scene.settle()
    except Stuck as stuck:
        problem = str(stuck)
    faulty, audience.faulty = audience.faulty, type(audience.faulty)()
    unexpected, scene.load.unexpected = scene.load.unexpected, []
    return Outcome(
        fault=fault.name,
        committed=len(scene.committed()) - rows,
        received=audience.received - received,
        missing=scene.missing(),
        duplicated=faulty.duplicated,
        out_of_order=faulty.out_of_order,
        leaked=faulty.leaked,
        reloads=faulty.told_to_reload,
        refused=len(faulty.refused),
        unexpected=len(unexpected),
        worst_delay=audience.worst_delay,
        problem=problem or "; ".join([*faulty.refused, *unexpected][:2]),
    )


_COLUMNS = ("committed", "received", "missing", "duplicated", "out_of_order", "leaked", "reloads")


def table(title: str, outcomes: Sequence[Outcome]) -> str:
    """The outcomes as lines of a table."""
    lines = [
        f"| {title} | {' | '.join(name.replace('_', ' ') for name in _COLUMNS)} | worst delay | |",
        f"|---|{'---|' * len(_COLUMNS)}---|---|",
    ]
    for outcome in outcomes:
        numbers = " | ".join(f"{getattr(outcome, name):,}" for name in _COLUMNS)
        verdict = "ok" if outcome.is_clean else f"**FAILED** {outcome.problem}"
        lines.append(f"| {outcome.fault} | {numbers} | {outcome.worst_delay:.1f} s | {verdict} |")
    return "\n".join(lines)
