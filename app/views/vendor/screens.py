"""How one screen shows the board: in columns or as one stream, all of the kitchen or one station.

Said in the address and kept in a cookie of that screen, so that a tablet at the grill comes back as one; every
fragment of the board carries it, so that what is drawn again is drawn alike.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode

from flask import Response, request, url_for

from app.models.menu import LONGEST_STATION

VIEWS = ("columns", "stream")
_COOKIE = "passline_board"
_A_YEAR = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Screen:
    """`station` is empty on a screen of the whole kitchen."""

    view: str = "columns"
    station: str = ""

    @property
    def is_stream(self) -> bool:
        """Whether all cards stand in one row of time."""
        return self.view == "stream"

    def asked(self, **other: str) -> dict[str, Any]:
        """What an address of this screen says (with something else about it): only what is not as usual."""
        wanted = {"view": self.view, "station": self.station, **other}
        return {name: value for name, value in wanted.items() if value and value != "columns"}

    def url(self, **other: str) -> str:
        """The board as this screen, or one that differs by `other`, shows it."""
        # Said in full: an address without it means "as this screen is".
        wanted: dict[str, Any] = {"view": self.view, "station": self.station, **other}
        return url_for("vendor.board", **wanted)

    def card_url(self, number: str) -> str:
        """One card, drawn for this screen."""
        return url_for("vendor.order_card", number=number, **self.asked())

    def kept_in(self, answer: Response) -> Response:
        """`answer` with this screen remembered by the browser."""
        answer.set_cookie(
            _COOKIE, urlencode(self.asked()), max_age=_A_YEAR, path="/vendor/", httponly=True, samesite="Lax",
            secure=request.is_secure,
        )  # fmt: skip
        return answer


def here() -> Screen:
    """The screen that asks, by its address."""
    return _screen(request.args.get("view"), request.args.get("station"))


def remembered() -> Screen:
    """The screen that asks, by its address and, where that says nothing, by what it was."""
    if "view" in request.args or "station" in request.args:
        return here()
    kept = parse_qs(request.cookies.get(_COOKIE, ""))
    return _screen(kept.get("view", [""])[0], kept.get("station", [""])[0])


def _screen(view: str | None, station: str | None) -> Screen:
    return Screen(view if view in VIEWS else "columns", (station or "").strip()[:LONGEST_STATION])
