"""One search over orders, people, restaurants and the places of these pages: a page, and the palette's part of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import current_app, render_template, request, url_for

from app.domain import finding
from app.domain.order_states import LABELS
from app.extensions import db

from . import bp

_LONGEST = 100
# The pages that there are, with other words that they are looked for by.
_PLACES = (
    ("dashboard", "Dashboard", "layout-dashboard", "home figures today"),
    ("orders", "Orders", "receipt", "list filter csv"),
    ("dispatch", "Dispatch", "route", "drivers deliveries map"),
    ("payments", "Payments", "credit-card", "money mpesa cash"),
    ("refund_tasks", "Refunds", "arrow-back-up", "money back"),
    ("reconciliation_day", "Daily reconciliation", "clipboard-list", "books statement"),
    ("transitions", "Transitions", "settings", "rules roles reasons deadlines policies"),
    ("restaurants", "Restaurants", "building-store", "hours menus"),
    ("people", "People", "users", "accounts invitations roles"),
    ("audit", "Audit trail", "history", "who changed what"),
    ("wifi", "Wi-Fi", "wifi", "passes sessions"),
    ("wifi_packages", "Wi-Fi packages", "tag", "prices minutes"),
    ("messages", "Messages", "message", "sms text"),
    ("jobs", "Jobs", "clipboard-list", "queues worker"),
)


@dataclass(frozen=True, slots=True)
class Hit:
    """A line of what was found: where it leads (None: nowhere yet), what it is, and what tells it from others."""

    url: str | None
    icon: str
    title: str
    text: str = ""


@bp.get("/search")
def search() -> str:
    return render_template("admin/search.html", q=_asked(), groups=_groups(_asked()))


@bp.get("/search/results")
def search_results() -> str:
    return render_template("admin/_results.html", q=_asked(), groups=_groups(_asked()), live=True)


def _asked() -> str:
    return request.args.get("q", "").strip()[:_LONGEST]


def _groups(q: str) -> list[tuple[str, list[Hit]]]:
    found = [("Go to", list(_places(q)))]
    if q:
        found = [("Orders", _orders(q)), ("People", _people(q)), ("Restaurants", _restaurants(q)), *found]
    return [(name, hits) for name, hits in found if hits]


def _orders(q: str) -> list[Hit]:
    return [
        Hit(
            url_for("admin.order", number=order.number),
            "receipt",
            order.number,
            f"{LABELS[order.status]} · {order.customer.name} · {order.restaurant.name}",
        )
        for order in finding.orders(db.session(), q)
    ]


def _people(q: str) -> list[Hit]:
    hits = []
    for person in finding.people(db.session(), q):
        url = url_for("admin.person", person_id=person.id)
        words = " · ".join(filter(None, (person.role.capitalize(), person.email, person.phone)))
        hits.append(Hit(url, "user", person.name, words))
    return hits


def _restaurants(q: str) -> list[Hit]:
    found = finding.restaurants(db.session(), q)
    return [Hit(url_for("admin.restaurant", slug=r.slug), "building-store", r.name, r.slug) for r in found]


def _places(q: str) -> Iterator[Hit]:
    wanted = q.lower()
    for name, title, icon, words in _PLACES:
        url = _there(f"admin.{name}")
        if url and (not wanted or any(word.startswith(wanted) for word in f"{title.lower()} {words}".split())):
            yield Hit(url, icon, title)


def _there(endpoint: str, **values: Any) -> str | None:
    """The address of a page, where there is such a page."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None
