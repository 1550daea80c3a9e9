"""The one place where the captive page asks for money."""

from app.errors import Conflict
from app.models import Payment, Person, WifiPackage


def pay(package: WifiPackage, *, phone: str, by: Person | None) -> Payment:
    """Have the prompt put onto `phone` (E.164); the attempt. Refuses as the domain's verbs do."""
    raise Conflict("Wi-Fi cannot be paid for here yet.")
