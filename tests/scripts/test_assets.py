"""The front-end files that set-up copies are whole, and templates use no icon that is not among them."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "static" / "vendor"
LISTED = set((ROOT / "scripts" / "icons.txt").read_text().split())


@pytest.fixture(autouse=True)
def copied():
    assert VENDOR.is_dir(), "static/vendor is missing: run `make assets`"


def test_it_makes_a_symbol_of_every_listed_icon():
    sprite = (VENDOR / "icons.svg").read_text()
    assert set(re.findall(r'<symbol id="([^"]+)"', sprite)) == LISTED


def test_it_copies_the_fonts_that_its_style_names():
    style = VENDOR / "inter" / "inter.css"
    named = re.findall(r"url\(\./([^)]+)\)", style.read_text())
    assert named
    assert [name for name in named if not (style.parent / name).exists()] == []


@pytest.mark.parametrize("name", ["tabler.min.css", "inter/inter.css"])
def test_its_styles_load_nothing_from_elsewhere(name: str):
    assert re.findall(r"(?:url\(|@import\s+)[\"']?(?:https?:)?//[^)\"']+", (VENDOR / name).read_text()) == []


def test_templates_use_listed_icons_only():
    used = {
        f"{template.relative_to(ROOT)}: {name}"
        for template in [*ROOT.glob("templates/**/*.html"), *ROOT.glob("app/**/*.py")]
        for name in re.findall(r"""\bicon\(\s*["']([a-z0-9-]+)["']""", template.read_text())
        if name not in LISTED
    }
    assert used == set(), "add these to scripts/icons.txt"


def test_no_host_stands_in_the_lock_files():
    for name in ("package-lock.json", "requirements.txt", "requirements-dev.txt", "requirements-node.txt"):
        text = (ROOT / name).read_text()
        assert re.findall(r"https?://\S*(?:registry|pypi|index)\S*|--(?:extra-)?index-url.*|\"resolved\"", text) == []
