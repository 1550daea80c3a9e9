"""Delivery reports: what the provider tells of a message after it took it. Each is kept word for word.

They come in any order, twice, or before we have noted that the message was taken; what a message is never goes back:
`delivered` stands against anything, `failed` against all but that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs, urlencode

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.contract.times import now
from app.extensions import atomic
from app.models import ProviderMessage, SmsMessage

from .locks import alone

KIND = "sms_receipt"
_LONGEST = 4000
# The provider's words, and ours; the others ("Sent", "Submitted", "Buffered") say nothing new.
_ENDS: Mapping[str, Literal["delivered", "failed"]] = {
    "Success": "delivered",
    "Failed": "failed",
    "Rejected": "failed",
    "AbsentSubscriber": "failed",
    "Expired": "failed",
}
# From where each may be reached.
_BEFORE = {"delivered": ("queued", "sent", "failed"), "failed": ("queued", "sent")}


@dataclass(frozen=True, slots=True)
class Report:
    """One report, as far as it is understood."""

    id: str
    status: str
    reason: str


def take(form: Mapping[str, str], *, provider: str, address: str) -> str:
    """Keep a report and do what it says; in a word what came of it.

    `delivered`, `failed`: that is what the message is now; `noted`: nothing new; `unmatched`: no message of ours has
    this id (yet: who notes that it was taken looks for earlier reports); `malformed`.
    """
    at = now()
    report = _read(form)
    with atomic() as session:
        outcome = _act(session, report) if report else "malformed"
        row = ProviderMessage(provider=provider, kind=KIND, body=urlencode(form)[:_LONGEST], address=address)
        row.received_at, row.processed_at, row.outcome = at, at, outcome
        session.add(row)
    return outcome


def catch_up(session: Session, provider_id: str, *, after: int) -> None:
    """Do what reports about `provider_id` said that came too early: `after` is the last row from before it was sent."""
    alone(session, f"sms report:{provider_id}")
    early = select(ProviderMessage).where(
        ProviderMessage.id > after, ProviderMessage.kind == KIND, ProviderMessage.outcome == "unmatched"
    )
    for row in session.scalars(early.order_by(ProviderMessage.id)):
        report = _read({name: values[0] for name, values in parse_qs(row.body).items()})
        if report is not None and report.id == provider_id:
            row.outcome, row.processed_at = _act(session, report), now()


def _act(session: Session, report: Report) -> str:
    # Else one that comes while we note that its message was taken would see no message, and be seen by nobody.
    alone(session, f"sms report:{report.id}")
    is_ours = select(SmsMessage.id).where(SmsMessage.provider_id == report.id)
    id = session.scalars(is_ours).one_or_none()
    if id is None:
        return "unmatched"
    end = _ENDS.get(report.status)
    if end is None:
        return "noted"
    at = now()
    values = {"delivered_at": at, "error": None} if end == "delivered" else {"error": report.reason or report.status}
    moved = session.execute(
        update(SmsMessage)
        .where(SmsMessage.id == id, SmsMessage.status.in_(_BEFORE[end]))
        .values(status=end, **values)
        .execution_options(synchronize_session=False)
    )
    return end if moved.rowcount else "noted"  # type: ignore[attr-defined]


def _read(form: Mapping[str, str]) -> Report | None:
    id, status = form.get("id", ""), form.get("status", "")
    if not (1 <= len(id) <= 100 and 1 <= len(status) <= 40):
        return None
    return Report(id, status, form.get("failureReason", "")[:200])
