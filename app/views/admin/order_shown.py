"""What each role is shown of one order: the very documents that the API and the events carry, side by side."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from flask import render_template

from app.contract.identity import Role
from app.domain import order_json, ticket_json
from app.language import gettext as _
from app.models import Order
from app.views import loading

from . import bp


@dataclass(frozen=True, slots=True)
class Shown:
    """Who, what they may look at, and the document; None: nothing at all, as `words` say."""

    who: str
    icon: str
    words: str
    document: dict[str, Any] | None

    @property
    def text(self) -> str:
        """The document as it reads best."""
        return orjson.dumps(self.document, option=orjson.OPT_INDENT_2).decode()


@bp.get("/orders/<number>/shown")
def order_shown(number: str) -> str:
    order = loading.order(number)
    return render_template("admin/shown.html", order=order, shown=list(_shown(order)))


def _shown(order: Order) -> Iterator[Shown]:
    yield Shown(
        _("The customer"), "user", _("On the status page, and from the API."), order_json.whole(order, Role.CUSTOMER)
    )
    if order.confirmed_at is None:
        yield Shown(_("The kitchen"), "chef-hat", _("Nothing before it is paid: no vendor sees it yet."), None)
    else:
        words = _("The staff of %(name)s, on the board and from the API.", name=order.restaurant.name)
        yield Shown(_("The kitchen"), "chef-hat", words, order_json.whole(order, Role.VENDOR))
    yield _driver(order)
    words = _("Whoever holds a tracking link hears this: no name, phone, e-mail or address.")
    yield Shown(_("A link's holder"), "link", words, order_json.glance(order))


def _driver(order: Order) -> Shown:
    ticket = order.ticket
    if ticket is None:
        return Shown(_("The driver"), "motorbike", _("Nothing: there is no delivery of it."), None)
    if ticket.driver_id is None:
        words = _("Nobody rides it. Whoever is free sees where it goes, and of the guest an initial.")
        return Shown(_("A driver"), "motorbike", words, ticket_json.whole(ticket, Role.DRIVER))
    words = _("%(name)s, in the driver's app.", name=ticket.driver_name)
    document = ticket_json.whole(ticket, Role.DRIVER, viewer_id=ticket.driver_id)
    return Shown(_("The driver"), "motorbike", words, document)
