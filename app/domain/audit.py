"""Writing the audit trail, in the transaction of the change that it tells of.

Where a change came from (address, browser) is said once for each request by the edge that received it
(`coming_from`); what the worker or a command does comes from nowhere.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import orjson
from sqlalchemy.orm import Session

from app.models import AuditEntry

from .actor import Actor, acted_by, name_of


class Whence(NamedTuple):
    """The address and the browser that a request came from."""

    address: str = ""
    user_agent: str = ""


_NOWHERE = Whence()
_whence: ContextVar[Whence] = ContextVar("passline_whence", default=_NOWHERE)
# What no trail holds, whatever is handed to it.
_SECRET = ("password", "secret", "token", "hash")


def coming_from(address: str, user_agent: str) -> None:
    """Let what this context changes from now on be told as coming from there."""
    _whence.set(Whence(address[:45], user_agent[:200]))


def whence() -> Whence:
    """Where what this context changes comes from."""
    return _whence.get()


@contextmanager
def from_nowhere() -> Iterator[None]:
    """For tests and commands: what happens inside has no address."""
    before = _whence.set(_NOWHERE)
    try:
        yield
    finally:
        _whence.reset(before)


def record(
    session: Session,
    action: str,
    *,
    by: Actor,
    subject: tuple[str, Any, str],
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write that `by` did `action` to `subject` (kind, id, name); of `before` and `after` only what differs is kept.

    Where both are given and nothing differs, nothing is written.
    """
    old, new = dict(before or {}), dict(after or {})
    if before is not None and after is not None:
        changed = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
        if not changed:
            return
        old = {name: value for name, value in old.items() if name in changed}
        new = {name: value for name, value in new.items() if name in changed}
    kind, id, name = subject
    admin = acted_by(by)
    origin = whence()
    session.add(
        AuditEntry(
            actor_id=by.id,
            actor_name=name_of(by, 250),
            role=by.role,
            acted_by_id=admin.id if admin else None,
            action=action,
            subject_kind=kind,
            subject_id=str(id),
            subject_name=name[:200],
            before=_text(old),
            after=_text(new),
            address=origin.address,
            user_agent=origin.user_agent,
        )
    )


def _text(fields: Mapping[str, Any]) -> str:
    shown = {name: "•••" if any(word in name for word in _SECRET) else value for name, value in fields.items()}
    return orjson.dumps(shown, default=str, option=orjson.OPT_SORT_KEYS).decode()
