"""The one place where the captive page asks for money."""

from app import language
from app.domain import payment_push, payments
from app.models import Payment, Person, WifiPackage
from app.views import payment_limits


def pay(package: WifiPackage, *, phone: str, by: Person | None) -> Payment:
    """Have the prompt put onto `phone` (E.164); the attempt. Refuses as the domain's verbs do."""
    payment = payments.start_wifi(package, phone=phone, by=by, language=language.current())
    payment_limits.note_prompt()
    payment_push.send(payment)
    payment_push.check(payment)
    return payment
