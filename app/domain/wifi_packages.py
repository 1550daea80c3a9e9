"""What Wi-Fi a restaurant sells: made, changed, taken off sale. Passes that were minted keep what they were sold as.

So what a package is (time, devices, rates, data) is frozen with its first purchase; its name, its price and the order
that it comes with may change at any time.
"""

from collections.abc import Mapping
from typing import TypedDict

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid
from app.extensions import atomic, db
from app.language import gettext as _
from app.models import HotspotUser, Payment, Restaurant, WifiPackage

from . import audit, marks
from .actor import Actor
from .locks import hold

LONGEST_MINUTES = 44_640
MOST_DEVICES = 20


class Terms(TypedDict):
    """Everything that is said of a package: minutes, minor units, kbit/s, MB (10^6); None: no bound, or no gift."""

    name: str
    minutes: int
    price_minor: int
    devices: int
    down_kbps: int | None
    up_kbps: int | None
    data_mb: int | None
    gift_from_minor: int | None


_FROZEN = ("minutes", "devices", "down_kbps", "up_kbps", "data_mb")


def create(restaurant: Restaurant, terms: Terms, *, by: Actor) -> WifiPackage:
    """Sell a package from now on. Refuses with Invalid what cannot be sold."""
    _check(terms)
    with atomic() as session:
        package = WifiPackage(restaurant=restaurant, **terms)
        session.add(package)
        session.flush()
        _told(session, "wifi_package.created", package, by, None, terms)
    return package


def mark(package: WifiPackage) -> str:
    """The mark of what is said of it, for the form that changes it."""
    return marks.of(_said(package))


def change(package: WifiPackage, terms: Terms, *, by: Actor, seen: str | None = None) -> None:
    """Change a package. Refuses with Invalid, and with Conflict what its buyers were promised.

    LostRace where it is not as it was `seen`.
    """
    _check(terms)
    with atomic() as session:
        # Not `hold`: a payment or a pass that is being written refers to it, and is waited for.
        session.refresh(package, with_for_update={"of": WifiPackage})
        before = _said(package)
        marks.check(seen, before)
        if any(before[name] != value for name, value in terms.items() if name in _FROZEN) and is_bought(package):
            raise Conflict(_("It has been bought with this time, these devices, rates and data: make another package."))
        for name, value in terms.items():
            setattr(package, name, value)
        session.flush()
        _told(session, "wifi_package.changed", package, by, before, terms)


def sell(package: WifiPackage, *, on: bool, by: Actor) -> None:
    """Sell it and give it with orders, or stop both; passes that were minted stay good."""
    with atomic() as session:
        hold(session, package)
        before = {"is_sold": package.is_sold}
        package.is_sold = on
        session.flush()
        action = "wifi_package.put_on_sale" if on else "wifi_package.taken_off_sale"
        _told(session, action, package, by, before, {"is_sold": on})


def is_bought(package: WifiPackage) -> bool:
    """Whether anybody has a pass of it, or is paying for one."""
    rows = (
        select(HotspotUser.id).where(HotspotUser.package_id == package.id),
        select(Payment.id).where(Payment.wifi_package_id == package.id),
    )
    return any(db.session.execute(query.limit(1)).first() is not None for query in rows)


def _check(terms: Terms) -> None:
    errors: dict[str, list[str]] = {}
    if not 1 <= len(terms["name"]) <= 60:
        errors["name"] = [_("From %(shortest)s to %(longest)s characters.", shortest=1, longest=60)]
    if not 1 <= terms["minutes"] <= LONGEST_MINUTES:
        errors["minutes"] = [_("From %(least)s to %(most)s minutes.", least=1, most=LONGEST_MINUTES)]
    if not 1 <= terms["devices"] <= MOST_DEVICES:
        errors["devices"] = [_("From %(least)s to %(most)s devices.", least=1, most=MOST_DEVICES)]
    if terms["price_minor"] <= 0:
        errors["price_minor"] = [_("More than nothing.")]
    for name in ("down_kbps", "up_kbps", "data_mb", "gift_from_minor"):
        value = terms[name]
        if value is not None and value <= 0:
            errors[name] = [_("More than nothing, or empty.")]
    if errors:
        raise Invalid(_("The package is not right yet."), errors=errors)


def _said(package: WifiPackage) -> dict[str, object]:
    return {name: getattr(package, name) for name in Terms.__annotations__}


def _told(
    session: Session,
    action: str,
    package: WifiPackage,
    by: Actor,
    before: Mapping[str, object] | None,
    after: Mapping[str, object],
) -> None:
    subject = ("wifi_package", package.id, f"{package.name}, {package.restaurant.name}")
    audit.record(session, action, by=by, subject=subject, before=before, after=after)
