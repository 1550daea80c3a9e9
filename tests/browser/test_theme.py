"""Light and dark: the device decides until a person does, and the choice is there before the first paint."""

import pytest

from tests.browser.conftest import Visit
from tests.cast import Cast

PAPER = {"light": "rgb(250, 248, 245)", "dark": "rgb(23, 20, 18)"}


def paper(page) -> str:
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


@pytest.mark.parametrize("theme", PAPER)
@pytest.mark.parametrize("script", [True, False])
def test_it_follows_the_device_with_and_without_scripts(visit: Visit, cast: Cast, theme: str, script: bool):
    page = visit(None, "/login", color_scheme=theme, java_script_enabled=script)
    assert paper(page) == PAPER[theme]


def test_a_choice_lasts(visit: Visit, cast: Cast):
    page = visit(None, "/login", color_scheme="light")
    page.get_by_role("button", name="Light or dark").click()
    assert paper(page) == PAPER["dark"]
    page.goto(page.url.replace("/login", "/r/first"))
    assert paper(page) == PAPER["dark"]
