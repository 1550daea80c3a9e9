"""A dry run: which open orders a decision about transitions would touch, and how. Nothing is written here."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session, lazyload, selectinload

from app.contract.times import now
from app.language import N_
from app.language import gettext as _
from app.models import EdgePolicy, Order, PolicyDefaults, Restaurant
from app.models.restaurant import DEADLINES

from . import policies
from .edges import Edge
from .order_states import EDGES, LABELS, WITH_THE_KITCHEN

# So many orders are looked at one by one; what is said of more is that there are more.
MOST = 500
# An order that is given a shorter time is never over at once: somebody must be able to react.
LEAST_LEFT = timedelta(minutes=1)
_DO = {
    "settle": N_("mark %(order)s as paid"),
    "release": N_("send %(order)s to the kitchen"),
    "cancel": N_("cancel %(order)s"),
    "decline": N_("decline or cancel %(order)s"),
    "accept": N_("accept %(order)s"),
    "start": N_("start %(order)s"),
    "mark_ready": N_("mark %(order)s as ready"),
    "recall": N_("recall %(order)s"),
    "hand_over": N_("hand %(order)s over"),
    "deliver": N_("mark %(order)s as delivered"),
    "give_up": N_("give %(order)s up"),
    "restore": N_("restore %(order)s"),
}
_WHO = {
    "customer": N_("The customer"),
    "vendor": N_("The vendor"),
    "driver": N_("The driver"),
    "admin": N_("An admin"),
}


@dataclass(frozen=True, slots=True)
class Move:
    """An order's deadline as it is, and as it would be."""

    order: Order
    before: datetime
    after: datetime


@dataclass(frozen=True, slots=True)
class Effect:
    """What would happen: in words, to which orders, which deadlines would move; `warnings` are about what comes."""

    sentences: Sequence[str]
    orders: Sequence[Order] = ()
    moves: Sequence[Move] = ()
    is_cut: bool = False
    warnings: Sequence[str] = field(default_factory=tuple)

    @property
    def count(self) -> int:
        """How many open orders are touched (at least, where it is cut)."""
        return len({order.id for order in self.orders} | {move.order.id for move in self.moves})


def of_edge(
    session: Session, scope: Restaurant | None, start: str, to: str, roles: Set[str], reason: Set[str]
) -> Effect:
    """What would come of letting `roles` walk the edge, those in `reason` only with a reason."""
    before = policies.read(session, None if scope is None else scope.id).edges[start, to]
    after = EDGES[start, to].under(roles, reason)
    own = exists().where(
        EdgePolicy.restaurant_id == Order.restaurant_id, EdgePolicy.from_status == start, EdgePolicy.to_status == to
    )
    at = now()
    found = _orders(session, Order.status == start, ~own if scope is None else Order.restaurant_id == scope.id)
    touched = [order for order in found[:MOST] if after.refusal(order, at) is None]
    sentences = list(_of_edge(before, after))
    is_left_alone = before.roles - after.roles and not after.roles - after.kept
    warnings = [_left(after)] if is_left_alone else []
    return Effect(sentences, touched if sentences else (), is_cut=len(found) > MOST, warnings=warnings)


def of_deadlines(
    session: Session, scope: Restaurant | None, minutes: Mapping[str, int], *, open_orders: bool
) -> Effect:
    """What would come of these deadlines; with `open_orders` those of open orders move as well."""
    before = deadlines_of(session, scope)
    sentences = [
        _(words, minutes=minutes[name], before=before[name])
        for name, words in (
            (
                "acceptance_minutes",
                N_("A kitchen would have %(minutes)s minutes to accept an order, and not %(before)s."),
            ),
            (
                "abandonment_minutes",
                N_("An unpaid order would be given up after %(minutes)s minutes, and not after %(before)s."),
            ),
        )
        if minutes[name] != before[name]
    ]
    touched: list[Order] = []
    if before["preparation_alert_minutes"] != (alert := minutes["preparation_alert_minutes"]):
        touched = _shouting(session, scope, before, alert)
        sentences.append(_alert(alert))
    moving = moves(session, scope, minutes, now()) if open_orders else []
    return Effect(sentences, touched, moving)


def of_reasons(before: Mapping[str, policies.Reason], after: Mapping[str, policies.Reason]) -> Effect:
    """What would come of these reasons; no open order is touched, as each is given when a step is taken."""
    return Effect(list(_of_reasons(before, after)))


def moves(session: Session, scope: Restaurant | None, minutes: Mapping[str, int], at: datetime) -> list[Move]:
    """How the deadlines of open orders would move."""
    before = deadlines_of(session, scope)
    found: list[Move] = []
    for status, name in (("placed", "acceptance_minutes"), ("awaiting_payment", "abandonment_minutes")):
        if before[name] == minutes[name]:
            continue
        for order in _orders(session, Order.status == status, _follows(scope, name, before[name]), most=None):
            since = order.placed_at if status == "placed" else order.created_at
            if order.due_at is None or since is None:
                continue
            due = max(since + timedelta(minutes=minutes[name]), min(order.due_at, at + LEAST_LEFT))
            if due != order.due_at:
                found.append(Move(order, order.due_at, due))
    return found


def deadlines_of(session: Session, scope: Restaurant | None) -> dict[str, int]:
    """The deadlines that hold: of a restaurant, or of all that follow."""
    holder = scope or session.get(PolicyDefaults, 1)
    return dict(DEADLINES) if holder is None else {name: getattr(holder, name) for name in DEADLINES}


def others(session: Session, name: str, value: int) -> Sequence[Restaurant]:
    """The restaurants whose deadline of this name is another: a change for all leaves them alone."""
    column = Restaurant.__mapper__.columns[name]
    return session.scalars(select(Restaurant).where(column != value).order_by(Restaurant.name)).all()


def _of_edge(before: Edge, after: Edge) -> Iterator[str]:
    order = _("an order that is %(state)s", state=_(LABELS[after.start]).lower())
    do = _(_DO[after.verb], order=order)
    for role in sorted(before.roles - after.roles):
        yield _("%(who)s could no longer %(do)s.", who=_(_WHO[role]), do=do)
    for role in sorted(after.roles - before.roles):
        yield _("%(who)s could %(do)s.", who=_(_WHO[role]), do=do)
    for role in sorted(after.reason - before.reason):
        yield _("%(who)s could %(do)s only with a reason.", who=_(_WHO[role]), do=do)
    for role in sorted((before.reason - after.reason) & after.roles):
        yield _("%(who)s could %(do)s without a reason.", who=_(_WHO[role]), do=do)


def _of_reasons(before: Mapping[str, policies.Reason], after: Mapping[str, policies.Reason]) -> Iterator[str]:
    for code, reason in after.items():
        old = before.get(code)
        if old is None:
            yield _("“%(reason)s” could be given as a reason (programs say %(code)s).", reason=reason.label, code=code)
        elif old.label != reason.label:
            yield _("“%(old)s” would be called “%(new)s”, in histories as well.", old=old.label, new=reason.label)
        if old is not None and old.is_active != reason.is_active:
            said = _("“%(reason)s” would be offered again.", reason=reason.label)
            yield said if reason.is_active else _("“%(reason)s” would not be offered any more.", reason=reason.label)
    if list(before) != [code for code in after if code in before]:
        yield _("The reasons would be offered in another order.")


def _orders(session: Session, *which: ColumnElement[bool], most: int | None = MOST + 1) -> Sequence[Order]:
    loads = (selectinload(Order.restaurant), selectinload(Order.customer), lazyload(Order.items))
    query = select(Order).where(*which).options(*loads).order_by(Order.id.desc()).limit(most)
    return session.scalars(query).all()


def _follows(scope: Restaurant | None, name: str, value: int) -> ColumnElement[bool]:
    """The orders of a restaurant, or of those that go along with all."""
    if scope is not None:
        return Order.restaurant_id == scope.id
    column = Restaurant.__mapper__.columns[name]
    return Order.restaurant_id.in_(select(Restaurant.id).where(column == value))


def _shouting(session: Session, scope: Restaurant | None, before: Mapping[str, int], alert: int) -> list[Order]:
    """The orders in a kitchen about which the board would shout at once."""
    if not alert:
        return []
    late = Order.accepted_at < now() - timedelta(minutes=alert)
    cooking = Order.status.in_(WITH_THE_KITCHEN - {"ready_for_pickup"})
    follows = _follows(scope, "preparation_alert_minutes", before["preparation_alert_minutes"])
    return list(_orders(session, cooking, late, follows))


def _alert(minutes: int) -> str:
    if not minutes:
        return _("The board would shout about no order before its promise.")
    return _(
        "The board would shout about an order that is not ready %(minutes)s minutes after it was accepted.",
        minutes=minutes,
    )


def _left(edge: Edge) -> str:
    if "system" in edge.roles:
        return _("Nobody but admins and Passline itself would be left on this step.")
    return _("Nobody but admins would be left on this step.")
