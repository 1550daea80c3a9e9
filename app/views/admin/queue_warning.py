"""A queue that nobody works on is said on every admin page, and the page asks again while somebody looks at it."""

from collections.abc import Sequence
from time import monotonic

from flask import current_app, render_template

from app.domain.job_queues import Neglect, neglected

from . import bp

# Seconds for which one answer is good, in each process: every page asks.
_KEPT = 3.0
_ANSWER = "passline_neglected_queues"


@bp.get("/jobs/warning")
def queue_warning() -> str:
    return render_template("admin/_queue_warning.html")


def neglected_queues() -> Sequence[Neglect]:
    """The queues that are not worked on, as they were at most `_KEPT` seconds ago."""
    kept: tuple[float, Sequence[Neglect]] | None = current_app.extensions.get(_ANSWER)
    if kept is None or monotonic() - kept[0] > _KEPT:
        kept = current_app.extensions[_ANSWER] = (monotonic(), neglected())
    return kept[1]


bp.app_context_processor(lambda: {"neglected_queues": neglected_queues})
