"""Where a visitor says they want to go next: only ever to a page of ours."""

from urllib.parse import urlsplit


def local_path(wanted: str | None) -> str:
    """`wanted` when it is a path of ours, else the way home: no log-in leads to a stranger's page."""
    if not wanted or not wanted.startswith("/") or wanted.startswith(("//", "/\\")) or not wanted.isprintable():
        return "/"
    parts = urlsplit(wanted)
    return "/" if parts.scheme or parts.netloc else wanted
