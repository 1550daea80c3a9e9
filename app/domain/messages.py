"""Text messages to guests: the code of a Wi-Fi pass.

A message is a row (`queued`) first and is sent by a job. What it says is composed when it is sent and stored nowhere.
The provider is asked with no transaction open, and what it says is noted by a guarded update, with its event. A pass
and a number are one message: the job may run again at any moment. Where it was killed between the provider's yes and
our note of it, the guest gets the same code once more; nothing here mints a pass.
"""

from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from app.contract import events, rooms
from app.contract.times import iso, now
from app.errors import Conflict, TooMany
from app.extensions import atomic
from app.language import N_, ngettext, speaking
from app.language import gettext as _
from app.models import HotspotUser, Payment, Person, ProviderMessage, SmsMessage
from app.providers import sms

from . import audit, jobs, log, passes, phones, sms_reports
from .actor import Actor
from .locks import alone

CREDENTIALS = "credentials"
PROVIDER = "africastalking"
# How often one phone may have a code sent again, and how many codes that came with orders it is sent: whoever orders
# may have typed somebody else's.
LIMITS = ((timedelta(minutes=10), 3), (timedelta(days=1), 10))
_OVER = ("expired", "revoked")
# A message of one part has 160 characters; the longest of names leaves its end out.
_LONGEST_NAME = 60
_LONGEST_SAID = 4000


def send_credentials(pass_id: int, number: int) -> None:
    """Send the code of a pass to its phone, for the `number`-th time; nothing where that was done or it has no phone.

    Raises the provider's NoAnswer where it is to be tried again.
    """
    with atomic() as session:
        message = _queued(session, pass_id, number)
        if message is None:
            return
        content = _credentials(session, session.get_one(HotspotUser, pass_id))
        # Reports that come before we have noted the provider's id are found by this.
        before = session.scalar(select(func.max(ProviderMessage.id))) or 0
    try:
        answer = sms.send(current_app.config["PASSLINE"], message.phone, content)
    except sms.NoAnswer as error:
        _note(message, error=str(error)[:200])
        raise
    if isinstance(answer, sms.Refused):
        _note(message, status="failed", error=answer.text[:200], said=answer.said)
    else:
        _note_sent(message, answer, before)


def resend(wifi_pass: HotspotUser, *, by: Actor) -> SmsMessage:
    """Have the code of a pass sent once more, by a job; the row of that message.

    Refuses with Conflict where the pass has no phone or is over, and with TooMany (LIMITS, counted by phone).
    """
    with atomic() as session:
        # Who counts this phone's messages waits for whoever does.
        alone(session, f"sms:{wifi_pass.phone}")
        session.refresh(wifi_pass)
        if not wifi_pass.phone:
            raise Conflict(_("This pass has no phone to send its code to."))
        if wifi_pass.status in _OVER:
            raise Conflict(_("This pass is over: its code opens nothing any more."))
        at = now()
        _refuse_too_many(session, wifi_pass.phone, at)
        last = select(func.max(SmsMessage.number)).where(SmsMessage.hotspot_user_id == wifi_pass.id)
        # The first is the one that came with the pass, though its job may not have run yet.
        number = max(session.scalar(last) or 0, 1) + 1
        message = _new(session, wifi_pass, number, at)
        ids = {"pass": wifi_pass.id, "send": number}
        jobs.add(session, "send_credentials", f"pass:{wifi_pass.id}:{number}", ids)
        to = {"phone": phones.masked(wifi_pass.phone)}
        audit.record(session, "wifi_pass.code_resent", by=by, subject=passes.subject(wifi_pass), after=to)
    return message


def _queued(session: Session, pass_id: int, number: int) -> SmsMessage | None:
    """The row of this message, which is made where there is none; None where there is nothing to send."""
    wifi_pass = session.get(HotspotUser, pass_id, with_for_update={"of": HotspotUser, "key_share": True})
    if wifi_pass is None or not wifi_pass.phone:
        return None
    known = select(SmsMessage).where(SmsMessage.hotspot_user_id == pass_id, SmsMessage.number == number)
    message = session.scalars(known).one_or_none()
    if message is None:
        alone(session, f"sms:{wifi_pass.phone}")
        is_one_too_many = wifi_pass.order_id is not None and number == 1 and _had_enough(session, wifi_pass.phone)
        message = _new(session, wifi_pass, number, now())
        if is_one_too_many:
            message.status, message.error = "failed", "This phone was sent enough codes for now; the order shows it."
    if message.status != "queued":
        return None
    if wifi_pass.status in _OVER:
        message.status, message.error = "failed", N_("The pass was over before its code was sent.")
        return None
    return message


def _new(session: Session, wifi_pass: HotspotUser, number: int, at: datetime) -> SmsMessage:
    message = SmsMessage(
        kind=CREDENTIALS,
        phone=wifi_pass.phone,
        hotspot_user_id=wifi_pass.id,
        number=number,
        created_at=at,
        status="queued",
    )
    session.add(message)
    session.flush()
    return message


def _credentials(session: Session, wifi_pass: HotspotUser) -> str:
    """What is sent: in the language in which the pass was bought, or that its guest reads."""
    bought = session.scalar(select(Payment.language).where(Payment.id == wifi_pass.payment_id))
    reads = session.scalar(select(Person.language).where(Person.id == wifi_pass.person_id))
    with speaking(bought or reads):
        return _said(wifi_pass)


def _said(wifi_pass: HotspotUser) -> str:
    name = wifi_pass.restaurant.name[:_LONGEST_NAME].strip()
    code = passes.shown(wifi_pass.code)
    if wifi_pass.status == "active":
        until = wifi_pass.expires_at.astimezone(wifi_pass.restaurant.zone)
        return _(
            "Wi-Fi at %(name)s: your code is %(code)s, open until %(time)s on %(day)s",
            name=name,
            code=code,
            time=f"{until:%H:%M}",
            day=f"{until:%d.%m.}",
        )
    return _(
        "Wi-Fi at %(name)s: your code is %(code)s, %(lasting)s from first use.",
        name=name,
        code=code,
        lasting=_lasting(wifi_pass.package.minutes),
    )


def _lasting(minutes: int) -> str:
    if minutes % 1440 == 0 and minutes >= 2 * 1440:
        return ngettext("%(num)s day", "%(num)s days", minutes // 1440)
    if minutes % 60 == 0 and minutes >= 2 * 60:
        return ngettext("%(num)s hour", "%(num)s hours", minutes // 60)
    return ngettext("%(num)s minute", "%(num)s minutes", minutes)


def _note_sent(message: SmsMessage, answer: sms.Sent, before: int) -> None:
    at = now()
    with atomic() as session:
        _keep(session, answer.said, at)
        if not _move(session, message, status="sent", provider_id=answer.provider_id, sent_at=at, error=None):
            return
        sms_reports.catch_up(session, answer.provider_id, after=before)
        data = {"phone": phones.masked(message.phone), "sms_status": "sent", "sent_at": iso(at)}
        told = events.CREDENTIALS_SENT.message(rooms.DASHBOARD_STATS, data | log.stamp(at))
        log.append(session, [told], at=at)


def _note(message: SmsMessage, *, said: str = "", **values: str) -> None:
    with atomic() as session:
        if said:
            _keep(session, said, now())
        _move(session, message, **values)


def _move(session: Session, message: SmsMessage, **values: object) -> bool:
    """Change the row while it is still queued; whether it was."""
    moved = session.execute(
        update(SmsMessage)
        .where(SmsMessage.id == message.id, SmsMessage.status == "queued")
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    session.expire(message)
    return bool(moved.rowcount)  # type: ignore[attr-defined]


def _keep(session: Session, said: str, at: datetime) -> None:
    """What the provider answered, word for word."""
    row = ProviderMessage(provider=PROVIDER, kind="sms", body=said[:_LONGEST_SAID])
    row.received_at, row.processed_at = at, at
    session.add(row)


def _refuse_too_many(session: Session, phone: str, at: datetime) -> None:
    if _is_over(session, at, SmsMessage.phone == phone, SmsMessage.number > 1):
        raise TooMany(_("This phone has had its code sent again often enough for now; try again later."))


def _had_enough(session: Session, phone: str) -> bool:
    """Whether `phone` was sent as many codes of gifts as it may be; bought ones are no flood, each costs money."""
    gifts = select(HotspotUser.id).where(HotspotUser.order_id.is_not(None))
    first = SmsMessage.phone == phone, SmsMessage.number == 1, SmsMessage.status != "failed"
    return _is_over(session, now(), *first, SmsMessage.hotspot_user_id.in_(gifts))


def _is_over(session: Session, at: datetime, *which: ColumnElement[bool]) -> bool:
    """Whether as many messages `which` were made as one phone may have (LIMITS)."""
    made = select(func.count(SmsMessage.id)).where(*which)
    return any(
        (session.scalar(made.where(SmsMessage.created_at > at - within)) or 0) >= most for within, most in LIMITS
    )
