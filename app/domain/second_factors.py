"""The second factor: an authenticator app's codes (TOTP, RFC 6238) and ten codes for when the app is gone.

A code counts in its own 30 seconds and in those beside them, once: `last_step` is moved by a guarded update, so of two
who send the same code one is let in. Recovery codes are used up by a guarded update as well.

A secret is stored when its first code has confirmed it, and not before: until then only the browser that sets it up
has it (views/new_secrets.py), so no secret was ever shown to somebody else who knew the password.
"""

import hmac
from datetime import datetime
from typing import Any

import pyotp
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.contract.times import now
from app.contract.tokens import digest, new_recovery_code
from app.errors import Conflict, SecondFactorRequired, WrongCode, WrongCredentials
from app.extensions import atomic, db
from app.language import gettext as _
from app.models import Person, RecoveryCode, SecondFactor
from app.models import Session as BrowserSession

from . import access, audit, passwords
from .actor import Actor

STEP = 30
# How many steps a device's clock may be off, to either side.
_DRIFT = 1
RECOVERY_CODES = 10
# What an authenticator app shows above the code.
_ISSUER = "Passline"


def of(person: Person) -> SecondFactor | None:
    """The second factor that `person` is asked for; None where there is none."""
    query = select(SecondFactor).where(SecondFactor.person_id == person.id)
    return db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def new_secret() -> str:
    """A secret for an app, in base32; it is nobody's before `confirm`."""
    return str(pyotp.random_base32())


def begin(person: Person, password: str) -> str:
    """A secret for `person`, who proves anew who they are. WrongCredentials; Conflict if there is a second factor."""
    if of(person) is not None:
        raise _there_is_one()
    if not passwords.matches(person.password_hash, password):
        raise WrongCredentials(_("The password is not right."))
    return new_secret()


def address(secret: str, person: Person) -> str:
    """What the app reads from a picture: otpauth://totp/…"""
    return pyotp.TOTP(secret).provisioning_uri(name=person.email, issuer_name=_ISSUER)


def confirm(person: Person, secret: str, code: str, *, within: BrowserSession | None = None) -> list[str]:
    """An app with `secret` shows `code`: from now on it is asked for. The recovery codes, which are told this once.

    Ends all that `person` is logged in with, which a password alone had opened, but for the session that it is done
    `within`. WrongCode when it is another code; Conflict where there is a second factor.
    """
    at = now()
    with atomic() as session:
        step = _step_of(secret, code, at)
        if step is None:
            raise WrongCode(_("That is not what the app should show. Is the device's clock right?"))
        _add(session, SecondFactor(person_id=person.id, secret=secret, last_step=step, confirmed_at=at))
        access.end_others(person, within, reason="second_factor_added")
        if within is not None:
            within.second_factor = True
        codes = _new_codes(session, person)
        audit.record(session, "person.second_factor_added", by=person, subject=_subject(person))
    return codes


def check(session: Session, person: Person, code: str | None) -> bool:
    """Whether `person` has a second factor and `code` is right, which uses it up; False: there is none to ask for.

    SecondFactorRequired where there is one and no code; WrongCode when the code is wrong, old, or was used.
    """
    row = of(person)
    if row is None:
        return False
    if not code:
        raise SecondFactorRequired
    if not (_uses_step(session, row, code) or _uses_recovery_code(session, person, code)):
        raise WrongCode
    return True


def renew_codes(person: Person, code: str) -> list[str]:
    """Ten new recovery codes for the old ones, against a code of the app (or one of the old ones)."""
    with atomic() as session:
        _prove(session, person, code)
        codes = _new_codes(session, person)
        audit.record(session, "person.recovery_codes_renewed", by=person, subject=_subject(person))
    return codes


def remove(person: Person, code: str) -> None:
    """Ask `person` for no second factor any more, against a code of the app or a recovery code."""
    with atomic() as session:
        _prove(session, person, code)
        _forget(session, person)
        audit.record(session, "person.second_factor_removed", by=person, subject=_subject(person))


def reset(person: Person, *, by: Actor) -> None:
    """Take the second factor from `person`, who has lost it; ends all that they are logged in with."""
    with atomic() as session:
        if of(person) is None:
            raise Conflict(_("This account has no second factor."))
        _forget(session, person)
        access.end_all(person, reason="second_factor_reset")
        audit.record(session, "person.second_factor_reset", by=by, subject=_subject(person))


def codes_left(person: Person) -> int:
    """How many recovery codes have not been used."""
    left = select(func.count()).where(RecoveryCode.person_id == person.id, RecoveryCode.used_at.is_(None))
    return db.session.scalars(left).one()


def shown(code: str, between: str = " ") -> str:
    """A secret, or a recovery code, as people copy it: in groups of four."""
    return between.join(code[start : start + 4] for start in range(0, len(code), 4))


def _add(session: Session, row: SecondFactor) -> None:
    # Two who confirm at once: the key of the table says who was first, whatever either has read before.
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise _there_is_one() from error


def _there_is_one() -> Conflict:
    return Conflict(_("This account has a second factor already; remove it first."))


def _prove(session: Session, person: Person, code: str) -> None:
    if not check(session, person, code or " "):
        raise Conflict(_("This account has no second factor."))


def _step_of(secret: str, code: str, at: datetime) -> int | None:
    """The step in which an app with `secret` shows `code`, if that is about now."""
    typed = "".join(code.split())
    step_now, app = int(at.timestamp()) // STEP, pyotp.TOTP(secret)
    near = range(step_now - _DRIFT, step_now + _DRIFT + 1)
    return next((step for step in near if hmac.compare_digest(app.generate_otp(step).encode(), typed.encode())), None)


def _uses_step(session: Session, row: SecondFactor, code: str) -> bool:
    step = _step_of(row.secret, code, now())
    return step is not None and _change(session, SecondFactor.last_step < step, row, last_step=step)


def _change(session: Session, guard: Any, row: SecondFactor, **values: Any) -> bool:
    """Change the row if `guard` holds; whether it did."""
    changed = session.execute(
        update(SecondFactor)
        .where(SecondFactor.person_id == row.person_id, guard)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return bool(changed.rowcount)  # type: ignore[attr-defined]


def _uses_recovery_code(session: Session, person: Person, code: str) -> bool:
    typed = "".join(code.upper().replace("-", "").split())
    used = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.person_id == person.id,
            RecoveryCode.code_hash == digest(typed),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now())
        .execution_options(synchronize_session=False)
    )
    if not used.rowcount:  # type: ignore[attr-defined]
        return False
    audit.record(session, "person.recovery_code_used", by=person, subject=_subject(person))
    return True


def _new_codes(session: Session, person: Person) -> list[str]:
    _drop(session, RecoveryCode, person)
    codes = [new_recovery_code() for _ in range(RECOVERY_CODES)]
    session.add_all([RecoveryCode(person_id=person.id, code_hash=digest(code)) for code in codes])
    session.flush()
    return [shown(code, "-") for code in codes]


def _forget(session: Session, person: Person) -> None:
    _drop(session, RecoveryCode, person)
    _drop(session, SecondFactor, person)


def _drop(session: Session, table: type[RecoveryCode] | type[SecondFactor], person: Person) -> None:
    session.execute(delete(table).where(table.person_id == person.id).execution_options(synchronize_session=False))


def _subject(person: Person) -> tuple[str, int | None, str]:
    return ("person", person.id, person.name)
