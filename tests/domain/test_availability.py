"""Sold out and back: by hand, by the clock, once, and told to the kitchen's screens."""

import json
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.contract.times import now
from app.domain import availability
from app.errors import Conflict, Invalid
from app.extensions import atomic, db
from app.models import AuditEntry, EventLog
from tests.factories import place


def told():
    query = select(EventLog).where(EventLog.name == "RestaurantChanged")
    return [json.loads(row.data)["restaurant"]["slug"] for row in db.session.scalars(query)]


def actions():
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_what_is_sold_out_cannot_be_ordered_until_it_is_put_back(cast):
    soup, *_ = cast.items()
    assert availability.sell_out(soup, by=cast.vendor)
    assert not availability.sell_out(soup, by=cast.colleague), "it is already"
    with pytest.raises(Conflict, match="Sold out: The First Table soup"):
        place(cast)
    assert availability.put_back(soup, by=cast.vendor)
    assert place(cast).order.status == "placed"
    assert actions() == ["menu.item_sold_out", "menu.item_returned"]
    assert told() == ["first", "first"]


def test_it_comes_back_by_itself_and_once(cast):
    soup, *_ = cast.items()
    availability.sell_out(soup, until=now() + timedelta(hours=1), by=cast.vendor)
    assert availability.return_due() == 0
    with time_machine.travel(now() + timedelta(minutes=61), tick=False):
        assert (availability.return_due(), availability.return_due()) == (1, 0)
    db.session.refresh(soup)
    assert (soup.available, soup.returns_at) == (True, None)
    assert actions()[-1] == "menu.item_returned"


def test_what_was_sold_out_anew_meanwhile_stays(cast):
    soup, *_ = cast.items()
    availability.sell_out(soup, until=now() + timedelta(minutes=5), by=cast.vendor)
    with time_machine.travel(now() + timedelta(minutes=6), tick=False):
        availability.sell_out(soup, by=cast.colleague)
        assert availability._return(soup, now()) is False
    assert not soup.available


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("ahead", [timedelta(minutes=-1), timedelta(days=31)])
def test_it_refuses_a_time_that_cannot_be(cast, ahead):
    soup, *_ = cast.items()
    with pytest.raises(Invalid):
        availability.sell_out(soup, until=now() + ahead, by=cast.vendor)
    assert soup.available


@pytest.mark.parametrize("backend", ["sqlite"])
def test_what_is_off_the_menu_cannot_be_ordered(cast):
    soup, *_ = cast.items()
    with atomic():
        soup.is_hidden = True
    with pytest.raises(Invalid, match="not on this menu"):
        place(cast)
