"""One search over orders, people, restaurants and the places of these pages: a page, and the palette's part of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import current_app, render_template, request, url_for

from app.domain import finding
from app.domain.actor import ROLES
from app.domain.order_states import LABELS
from app.extensions import db
from app.language import N_
from app.language import gettext as _

from . import bp

_LONGEST = 100
# The pages that there are, with other words that they are looked for by.
_PLACES = (
    ("dashboard", N_("Dashboard"), "layout-dashboard", N_("home figures today")),
    ("orders", N_("Orders"), "receipt", N_("list filter csv")),
    ("dispatch", N_("Dispatch"), "route", N_("drivers deliveries map")),
    ("payments", N_("Payments"), "credit-card", N_("money mpesa cash")),
    ("refund_tasks", N_("Refunds"), "arrow-back-up", N_("money back")),
    ("reconciliation_day", N_("Daily reconciliation"), "clipboard-list", N_("books statement")),
    ("transitions", N_("Transitions"), "settings", N_("rules roles reasons deadlines policies")),
    ("restaurants", N_("Restaurants"), "building-store", N_("hours menus")),
    ("people", N_("People"), "users", N_("accounts invitations roles")),
    ("audit", N_("Audit trail"), "history", N_("who changed what")),
    ("wifi", N_("Wi-Fi"), "wifi", N_("passes sessions")),
    ("wifi_packages", N_("Wi-Fi packages"), "tag", N_("prices minutes")),
    ("messages", N_("Messages"), "message", N_("sms text")),
    ("jobs", N_("Jobs"), "clipboard-list", N_("queues worker")),
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
    found = [(_("Go to"), list(_places(q)))]
    if q:
        found = [
            (_("Orders"), _orders(q)),
            (_("People"), _people(q)),
            (_("Restaurants"), _restaurants(q)),
            *found,
        ]
    return [(name, hits) for name, hits in found if hits]


def _orders(q: str) -> list[Hit]:
    return [
        Hit(
            url_for("admin.order", number=order.number),
            "receipt",
            order.number,
            " · ".join((_(LABELS[order.status]), order.customer.name, order.restaurant.name)),
        )
        for order in finding.orders(db.session(), q)
    ]


def _people(q: str) -> list[Hit]:
    hits = []
    for person in finding.people(db.session(), q):
        url = url_for("admin.person", person_id=person.id)
        words = " · ".join(filter(None, (_(ROLES[person.role]), person.reached_at or _("Guest"), person.phone)))
        hits.append(Hit(url, "user", person.name, words))
    return hits


def _restaurants(q: str) -> list[Hit]:
    found = finding.restaurants(db.session(), q)
    return [Hit(url_for("admin.restaurant", slug=r.slug), "building-store", r.name, r.slug) for r in found]


def _places(q: str) -> Iterator[Hit]:
    wanted = q.lower()
    for name, title, icon, words in _PLACES:
        url = _there(f"admin.{name}")
        called = " ".join((title, words, _(title), _(words))).lower()
        if url and (not wanted or any(word.startswith(wanted) for word in called.split())):
            yield Hit(url, icon, _(title))


def _there(endpoint: str, **values: Any) -> str | None:
    """The address of a page, where there is such a page."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None
