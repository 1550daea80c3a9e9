"""What each role is shown of one order: the very documents that the API and the events carry, side by side."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from flask import render_template

from app.contract.identity import Role
from app.domain import order_json, ticket_json
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
    yield Shown("The customer", "user", "On the status page, and from the API.", order_json.whole(order, Role.CUSTOMER))
    if order.confirmed_at is None:
        yield Shown("The kitchen", "chef-hat", "Nothing before it is paid: no vendor sees it yet.", None)
    else:
        words = f"The staff of {order.restaurant.name}, on the board and from the API."
        yield Shown("The kitchen", "chef-hat", words, order_json.whole(order, Role.VENDOR))
    yield _driver(order)
    words = "Whoever holds a tracking link hears this: no name, phone, e-mail or address."
    yield Shown("A link's holder", "link", words, order_json.glance(order))


def _driver(order: Order) -> Shown:
    ticket = order.ticket
    if ticket is None:
        return Shown("The driver", "motorbike", "Nothing: there is no delivery of it.", None)
    if ticket.driver_id is None:
        words = "Nobody rides it. Whoever is free sees where it goes, and of the guest an initial."
        return Shown("A driver", "motorbike", words, ticket_json.whole(ticket, Role.DRIVER))
    words = f"{ticket.driver_name}, in the driver's app."
    document = ticket_json.whole(ticket, Role.DRIVER, viewer_id=ticket.driver_id)
    return Shown("The driver", "motorbike", words, document)
