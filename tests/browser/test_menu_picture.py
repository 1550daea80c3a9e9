"""The picture of a dish, as an admin hangs it."""

from playwright.sync_api import expect

from app.extensions import db
from app.models import MenuPicture
from tests.browser.conftest import Visit
from tests.cast import Cast
from tests.pictures import png


def test_a_photograph_that_is_too_heavy_is_made_smaller_before_it_is_sent(visit: Visit, cast: Cast):
    soup, heavy = cast.items()[0], png(1000, 800, seed=1)
    page = visit(cast.admin, f"/admin/restaurants/first/menu/items/{soup.id}")
    photograph = {"name": "soup.png", "mimeType": "image/png", "buffer": heavy}
    page.get_by_label("A photograph of it").set_input_files(photograph)
    page.wait_for_function("() => document.querySelector('[data-picture] [type=file]').files[0].name === 'picture.jpg'")
    page.get_by_role("button", name="Show it on the menu").click()
    expect(page.get_by_role("img", name=soup.name)).to_be_visible()
    db.session.rollback()
    kept = db.session.get_one(MenuPicture, soup.id)
    assert (kept.kind, len(kept.data) < 150_000 < len(heavy)) == ("image/jpeg", True)
    assert page.get_by_role("img", name=soup.name).evaluate("image => image.naturalWidth") > 0
