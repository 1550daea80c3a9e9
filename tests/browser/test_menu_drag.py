"""Dishes that are dragged: what is on the menu in the end is what was dragged last."""

from playwright.sync_api import Page

from app.domain import menus
from app.extensions import db
from tests.browser.conftest import Visit
from tests.cast import Cast


def drag(page: Page, dish: str, onto: str) -> None:
    """By its handle, as a hand does it."""
    start, end = (
        page.locator("[data-item]", has_text=name).locator(".pl-handle").bounding_box() for name in (dish, onto)
    )
    page.mouse.move(start["x"] + 5, start["y"] + 5)
    page.mouse.down()
    page.mouse.move(end["x"] + 5, end["y"] + end["height"] / 2, steps=8)
    page.mouse.move(end["x"] + 5, end["y"] + end["height"], steps=4)
    page.mouse.up()


def shown(page: Page) -> list[str]:
    return [name.split()[-1] for name in page.locator("[data-item] .pl-strong").all_inner_texts()]


def test_two_quick_drags_arrive_one_after_the_other(visit: Visit, cast: Cast):
    page = visit(cast.admin, "/admin/restaurants/first/menu")
    held, orders = [], []

    def slowly(route):
        orders.append(route.request.post_data)
        # The first one is held up on its way until the second one was dropped.
        held.append(route) if len(orders) == 1 else route.continue_()

    page.route("**/order", slowly)
    drag(page, "soup", "special")
    # The plates come to rest.
    page.wait_for_timeout(300)
    drag(page, "special", "stew")
    page.wait_for_timeout(300)
    assert len(orders) == 1
    wanted = shown(page)
    with page.expect_response(lambda answer: answer.url.endswith("/order") and len(orders) == 2) as last:
        held[0].continue_()
    assert last.value.status == 204
    db.session.rollback()
    db.session.expire_all()
    [plates] = menus.categories(cast.restaurant)
    assert [item.name.split()[-1] for item in plates.shown] == wanted
