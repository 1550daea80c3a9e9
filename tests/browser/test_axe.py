"""What axe calls serious or critical (WCAG 2.2 A and AA) is on none of these pages; `make axe` looks at all of them.

The pages of `make shots`, one state of each, light at a phone's width and dark at a desk's.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from scripts import axe, shots
from scripts.shots_pages import SHOTS, Shot
from scripts.shots_stage import Stage

PAGES = (
    "login-wrong",
    "browse",
    "menu-wrong",
    "orders",
    "order-placed",
    "ride-riding",
    "tracked",
    "wifi-shop-wrong",
    "wifi-paid",
    "driver-riding",
    "board",
    "vendor-orders",
    "vendor-settings",
    "vendor-statistics",
    "admin-dashboard",
    "admin-orders-ticked",
    "admin-order",
    "admin-payment-review",
    "admin-jobs",
    "transitions",
    "houses-one",
    "houses-menu",
    "people",
    "account",
    "error-404",
)
SHOT = {shot.name: shot for shot in SHOTS}


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """An instance with everything on it that is photographed."""
    with shots.instance(tmp_path_factory.mktemp("axe")) as stage:
        yield stage


@pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 1280)])
@pytest.mark.parametrize("shot", [SHOT[name] for name in PAGES], ids=PAGES)
def test_nothing_serious(chrome: Browser, staged: Stage, shot: Shot, theme: str, width: int):
    assert axe.look(chrome, staged, shot, width, theme) == []
