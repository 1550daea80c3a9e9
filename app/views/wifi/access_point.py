"""The access point that sent a guest to us, as its redirect says: where its log-in takes a code (MikroTik's words).

It is not in our settings, so that one Passline serves any number of them. What it says is shown to the guest, and
only an address of the web is taken: a form is all that ever goes there.
"""

import re
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import urlencode, urlsplit

import segno
from flask import request
from markupsafe import Markup

_LONGEST = 500
_HOST = re.compile(r"([A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?")
_BREAKS_OUT = set(" \"'<>\\")
_NAMES = ("link-login-only", "link-login")


@dataclass(frozen=True, slots=True)
class AccessPoint:
    """Where a guest logs in with a code."""

    login_url: str

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        parts = urlsplit(self.login_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def host(self) -> str:
        """What the guest is told of it."""
        return urlsplit(self.login_url).netloc

    @property
    def as_query(self) -> dict[str, Any]:
        """The same in an address of ours, so that it is not lost on the way to the code."""
        return {"link-login": self.login_url}

    def address_with(self, code: str) -> str:
        """Opened by another phone of this Wi-Fi, it logs that one in."""
        join = "&" if urlsplit(self.login_url).query else "?"
        return self.login_url + join + urlencode({"username": code, "password": code})


def sent_from() -> AccessPoint | None:
    """The access point that this request names; None where it names none that can be."""
    named = next((value for name in _NAMES if (value := request.values.get(name))), "")
    return AccessPoint(named) if _is_web(named) else None


def qr(text: str) -> Markup:
    """`text` as a picture for other phones to read, to stand in a page as it is."""
    out = BytesIO()
    segno.make(text, error="m").save(
        out, kind="svg", xmldecl=False, svgns=False, omitsize=True, border=2, dark="#000", light="#fff", nl=False
    )
    # Drawn by the library out of numbers; nothing of the text stands in it.
    return Markup(out.getvalue().decode())  # noqa: S704


def _is_web(url: str) -> bool:
    """Whether a form may post there; what stands in the page's policy is a plain host and no more."""
    is_plain = len(url) <= _LONGEST and url.isascii() and url.isprintable() and not set(url) & _BREAKS_OUT
    try:
        parts = urlsplit(url if is_plain else "")
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and _HOST.fullmatch(parts.netloc) is not None
