"""The phone says where it is while on duty: when it has moved, not when it has not, and later where it could not."""

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.extensions import db
from app.models import Driver, TrackPoint
from tests.browser.conftest import Visit
from tests.browser.phone import HERE, at, phone, state
from tests.cast import Cast
from tests.factories import on_duty, ticket_in

DEGREE_M = 111_195  # of latitude


def north(metres: float) -> dict[str, float]:
    """So far north of where the phone was first."""
    return {**HERE, "latitude": HERE["latitude"] + metres / DEGREE_M}


def says(page: Page, words: str) -> None:
    expect(page.locator(".pl-position")).to_contain_text(words)


def move(page: Page, metres: float, *, told: bool) -> None:
    """Be so far north; `told`: the server hears of it."""
    if not told:
        page.context.set_geolocation(north(metres))
        return
    with page.expect_response("**/api/driver/location") as heard:
        page.context.set_geolocation(north(metres))
    assert heard.value.status == 202


def on_the_road(visit: Visit, cast: Cast) -> tuple[Page, list[float]]:
    """The phone of a driver on duty whose position was told once; and how far north each told one was, in metres."""
    on_duty(cast.driver)
    page = phone(visit, cast.driver, permissions=[])
    told: list[float] = []

    def note(request):
        if request.url.endswith("/api/driver/location"):
            told.append(round((request.post_data_json["latitude"] - HERE["latitude"]) * DEGREE_M))

    page.on("request", note)
    says(page, "No position")
    with page.expect_response("**/api/driver/location"):
        page.context.grant_permissions(["geolocation"])
    says(page, "Your position is shared.")
    return page, told


def last_fix(cast: Cast) -> Driver:
    db.session.rollback()
    return db.session.get_one(Driver, cast.driver.id, populate_existing=True)


def test_it_is_told_as_soon_as_it_may_be_and_then_each_ten_metres(visit: Visit, cast: Cast):
    page, told = on_the_road(visit, cast)
    move(page, 4, told=False)
    page.wait_for_timeout(1500)
    move(page, 40, told=True)
    assert told == [0, 40]
    assert last_fix(cast).latitude == pytest.approx(north(40)["latitude"])
    assert last_fix(cast).accuracy == 8


def test_what_could_not_be_told_is_told_on_return_oldest_first(visit: Visit, cast: Cast):
    ticket = ticket_in(cast, "picked_up")
    page = phone(visit, cast.driver)
    at(page, "picked_up")
    says(page, "Your position is shared.")
    page.context.set_offline(True)
    move(page, 60, told=False)
    says(page, "Your position is kept on the phone until there is a connection.")
    page.wait_for_timeout(1000)
    move(page, 120, told=False)
    page.wait_for_timeout(1000)
    page.context.set_offline(False)
    says(page, "Your position is shared.")
    page.wait_for_timeout(500)
    db.session.rollback()
    track = db.session.scalars(
        select(TrackPoint).where(TrackPoint.ticket_id == ticket.id).order_by(TrackPoint.id)
    ).all()
    metres = [round((point.latitude - HERE["latitude"]) * DEGREE_M) for point in track]
    assert metres[-2:] == [60, 120]
    assert track[-2].fixed_at < track[-1].fixed_at
    assert (track[-1].received_at - track[-1].fixed_at).total_seconds() > 0.5


def test_off_duty_nothing_is_told(visit: Visit, cast: Cast):
    page, told = on_the_road(visit, cast)
    page.locator('[data-part="bar"]:not([data-settling])').get_by_role("switch").click()
    state(page, "off")
    move(page, 80, told=False)
    page.wait_for_timeout(1500)
    assert told == [0]
    expect(page.locator(".pl-position")).to_have_count(0)


def test_one_that_is_too_vague_is_said_to_be(visit: Visit, cast: Cast):
    on_duty(cast.driver)
    page = phone(visit, cast.driver, geolocation={**HERE, "accuracy": 2000})
    says(page, "too vague")
    assert last_fix(cast).latitude is None
