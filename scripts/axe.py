"""Looks at every page of shots_pages.py with axe-core: in its state, at a width, light and dark.

What axe calls serious or critical under WCAG 2.2 A and AA is printed with its place, and then this ends with 1. The
same instance, pages and states as `make shots`; the second theme is looked at on the page that is open already.

    python scripts/axe.py [--language ar] [words]      only the pages whose names contain one of the words
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser, Error

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.language import SOURCE  # noqa: E402
from scripts import shots, shots_pages, shots_stage  # noqa: E402

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = (390, 1280)
GRAVE = ("serious", "critical")
# What is out of sight and not laid out yet has no colour to be judged, and a card that settles is faint for a moment.
_STILL = "* { content-visibility: visible !important } [data-settling] .btn { opacity: 1 !important; transition: none }"
_RUN = """
async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const { violations } = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
  return violations.map(({ id, impact, help, nodes }) => ({
    id, impact, help,
    nodes: nodes.map(({ target, html, any }) => [target.join(" "), html.slice(0, 160), any[0]?.message ?? ""]),
  }));
}
"""


def main() -> int:
    words, language = shots.asked()
    pages = [shot for shot in shots_pages.SHOTS if shot.script and (not words or any(w in shot.name for w in words))]
    found: list[str] = []
    folder = TemporaryDirectory(prefix="passline-axe-")
    with folder as path, shots.instance(Path(path)) as stage, shots.browser() as chromium:
        for shot in pages:
            for width in WIDTHS:
                for theme in shots.THEMES:
                    lines = look(chromium, stage, shot, width, theme, language)
                    found += [f"{shot.name}-{width}-{theme}: {line}" for line in lines]
    for line in dict.fromkeys(found):
        print(line)
    print(f"{len(pages)} pages at {len(WIDTHS)} widths, light and dark: {len(found)} serious findings")
    return 1 if found else 0


def look(
    chromium: Browser, stage: shots_stage.Stage, shot: shots_pages.Shot, width: int, theme: str, language: str = SOURCE
) -> list[str]:
    """What is seriously wrong with a page."""
    context = chromium.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=theme,  # type: ignore[arg-type]
        has_touch=width < 1000,
        locale=language,
        reduced_motion="reduce",
        bypass_csp=True,  # axe is put into the page as a script of its own
    )
    if shot.role:
        context.add_cookies([{"name": "passline_session", "value": stage.cookie_of(shot.role), "url": stage.base}])
    page = context.new_page()
    try:
        shots.open_page(page, stage, shot)
        page.add_style_tag(content=_STILL)
        page.evaluate("window.scrollTo(0, 0)")
        page.add_script_tag(path=AXE)
        return [line for violation in page.evaluate(_RUN) for line in told(violation)]
    except Error as error:
        return [f"could not be opened: {error}"]
    finally:
        context.close()


def told(violation: dict[str, Any]) -> list[str]:
    if violation["impact"] not in GRAVE:
        return []
    return [
        f"{violation['impact']} {violation['id']}: {place}\n    {html}\n    {why or violation['help']}"
        for place, html, why in violation["nodes"]
    ]


if __name__ == "__main__":
    sys.exit(main())
