"""Transitions: the machine of orders as it holds for one restaurant or for all, drawn; and every decision about it.

A decision is asked for twice. The first post draws what it would do (a dry run, nothing is written), the second, with
the version that was seen then, carries it out; where somebody else was faster, the dry run is drawn anew.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.domain import policies, policy_changes, policy_effects, ticket_states
from app.domain.edges import Edge
from app.domain.order_states import EDGES
from app.domain.policies import Rules
from app.domain.policy_effects import Effect
from app.errors import LostRace, NotFound
from app.extensions import db
from app.language import gettext as _
from app.models import Restaurant
from app.models.restaurant import DEADLINES
from app.views import loading
from app.views.formats import remember_position
from app.views.loading import person
from app.views.refusals import shown_on

from . import bp, graph
from .policy_forms import Confirmed, DeadlinesForm, EdgeForm, ReasonsForm


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose transitions are looked at: of one restaurant, or (None) of all."""

    restaurant: Restaurant | None
    version: int
    rules: Rules
    inherited: Rules

    @property
    def slug(self) -> str | None:
        """How addresses name it."""
        return None if self.restaurant is None else self.restaurant.slug

    @property
    def name(self) -> str:
        """How people name it."""
        return _("all restaurants") if self.restaurant is None else self.restaurant.name

    @property
    def edges(self) -> Sequence[Edge]:
        """Every edge as it holds here."""
        return list(self.rules.edges.values())

    def default(self, edge: Edge) -> Edge:
        """The same edge, where nothing is decided here."""
        return self.inherited.edges[edge.start, edge.to]

    def mark(self, edge: Edge) -> str:
        """Whether somebody decided about this edge: `here`, for `all` (and it holds here as well), or not: empty."""
        if edge != self.default(edge):
            return "here"
        return "all" if edge != EDGES[edge.start, edge.to] else ""

    def url(self, endpoint: str, **values: Any) -> str:
        """An address of this page's, for the same restaurant."""
        return url_for(f"admin.{endpoint}", restaurant=self.slug, **values)


@bp.get("/transitions")
def transitions() -> str:
    remember_position()
    return _page(_scope())


@bp.get("/transitions/machine")
def transition_machine() -> str:
    return render_template("admin/_machine.html", **_machine(_scope()))


@bp.get("/transitions/<start>/<to>")
def transition(start: str, to: str) -> str:
    remember_position()
    scope, line = _scope(), _line(start, to)
    return _edge_page(scope, line, EdgeForm.of(line, scope.rules.edges[start, to]))


@bp.post("/transitions/<start>/<to>")
def transition_change(start: str, to: str) -> ResponseReturnValue:
    scope, line = _scope(), _line(start, to)
    form = EdgeForm.of(line, scope.rules.edges[start, to])
    decided = line.under(set(form.roles.data or ()), set(form.reason.data or ()))
    wanted = scope.default(line) if form.reset.data else decided
    roles, reason = wanted.roles, wanted.reason
    return _decide(
        scope,
        dry_run=lambda: policy_effects.of_edge(db.session(), scope.restaurant, start, to, roles, reason),
        act=lambda seen: policy_changes.change_edge(
            scope.restaurant, start, to, roles=roles, reason=reason, by=person(), seen=seen
        ),
        form=form,
        again=lambda: _edge_page(scope, line, form),
        title=line,
        back=scope.url("transition", start=start, to=to),
    )


@bp.post("/transitions/deadlines")
def transition_deadlines() -> ResponseReturnValue:
    scope, form = _scope(), DeadlinesForm()
    minutes = _inherited_deadlines(scope) if form.reset.data else form.minutes
    also = form.open_orders.data
    return _decide(
        scope,
        dry_run=lambda: policy_effects.of_deadlines(db.session(), scope.restaurant, minutes, open_orders=also),
        act=lambda seen: policy_changes.change_deadlines(
            scope.restaurant, minutes, open_orders=also, by=person(), seen=seen
        ),
        form=form,
        again=lambda: _page(scope, deadlines=form),
        title=_("Deadlines"),
        back=scope.url("transitions", _anchor="deadlines"),
    )


@bp.post("/transitions/reasons")
def transition_reasons() -> ResponseReturnValue:
    scope, form = _scope(), ReasonsForm()
    lines = form.inherited(scope.rules, scope.inherited) if form.reset.data else form.wanted
    return _decide(
        scope,
        dry_run=lambda: policy_effects.of_reasons(scope.rules.reasons, policy_changes.listed(scope.rules, lines)),
        act=lambda seen: policy_changes.change_reasons(scope.restaurant, lines, by=person(), seen=seen),
        form=form,
        again=lambda: _page(scope, reasons=form),
        title=_("Reasons"),
        back=scope.url("transitions", _anchor="reasons"),
    )


def _decide(
    scope: Scope,
    *,
    dry_run: Callable[[], Effect],
    act: Callable[[int], None],
    form: Any,
    again: Callable[[], str],
    title: Edge | str,
    back: str,
) -> ResponseReturnValue:
    """Draw what would happen, or carry out what was drawn; `again`: the form, where it is not right."""
    meanwhile = ""
    confirmed = Confirmed()
    with shown_on(form) as refusal:
        form.check()
        if confirmed.version.data is not None:
            act(confirmed.version.data)
            flash(_("Changed for %(name)s. It holds from now on.", name=scope.name), "success")
            return redirect(scope.url("transitions"), 303)
        effect = dry_run()
    if isinstance(refusal.error, LostRace):
        meanwhile, scope = refusal.error.detail, _scope()
        effect = dry_run()
    elif refusal:
        return again(), refusal.status
    page = render_template(
        "admin/transition_preview.html",
        scope=scope,
        effect=effect,
        title=title,
        back=back,
        meanwhile=meanwhile,
        said=[(name, value) for name, value in request.form.items(multi=True) if name not in _NOT_SAID],
    )
    return page, 409 if meanwhile else 200


# What the dry run's form says for itself.
_NOT_SAID = ("csrf_token", "version")


def _page(scope: Scope, deadlines: DeadlinesForm | None = None, reasons: ReasonsForm | None = None) -> str:
    held = policy_effects.deadlines_of(db.session(), scope.restaurant)
    for_all = policy_effects.deadlines_of(db.session(), None)
    return render_template(
        "admin/transitions.html",
        restaurants=db.session.scalars(select(Restaurant).order_by(Restaurant.name)).all(),
        deadlines=deadlines or DeadlinesForm(None, **held),
        deadlines_differ=held != (DEADLINES if scope.restaurant is None else for_all),
        others={name: policy_effects.others(db.session(), name, value) for name, value in for_all.items()},
        for_all=for_all,
        reasons=reasons or ReasonsForm.of(scope.rules),
        reasons_differ=list(scope.rules.reasons.items()) != list(scope.inherited.reasons.items()),
        delivery_labels={**ticket_states.LABELS, **graph.SHORT},
        tickets=graph.TICKETS.draw(ticket_states.EDGES.values()),
        **_machine(scope),
    )


def _machine(scope: Scope) -> Mapping[str, Any]:
    return {"scope": scope, "graph": graph.ORDERS.draw(scope.edges)}


def _edge_page(scope: Scope, line: Edge, form: EdgeForm) -> str:
    held = scope.rules.edges[line.start, line.to]
    return render_template("admin/transition.html", scope=scope, line=line, edge=held, form=form)


def _scope() -> Scope:
    slug = request.args.get("restaurant")
    session = db.session()
    restaurant = loading.one(select(Restaurant).where(Restaurant.slug == slug)) if slug else None
    for_all = policies.read(session, None)
    rules = for_all if restaurant is None else policies.read(session, restaurant.id)
    version = policy_changes.version_of(session, restaurant)
    return Scope(restaurant, version, rules, policies.BY_CODE if restaurant is None else for_all)


def _line(start: str, to: str) -> Edge:
    """The line of the table, whatever anybody decided about it."""
    line = EDGES.get((start, to))
    if line is None:
        raise NotFound
    return line


def _inherited_deadlines(scope: Scope) -> Mapping[str, int]:
    return DEADLINES if scope.restaurant is None else policy_effects.deadlines_of(db.session(), None)
