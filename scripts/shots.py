"""Draws every page: at three widths, light and dark, full and empty, into shots/ (git ignores it).

Starts an instance of its own (a database in a temporary folder, web and gateway on free ports), fills it with the demo
and with what the demo is too well-behaved for (shots_stage.py), and photographs the table of shots_pages.py. What a
page says on its console, and what is wider than its window, is said at the end, and then this ends with 1.

    python scripts/shots.py [--language ar] [words]      only the pictures whose names contain one of the words
"""

import argparse
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, Error, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.language import LANGUAGES, SOURCE  # noqa: E402
from scripts import shots_pages, shots_stage  # noqa: E402
from tests import services  # noqa: E402

SHOTS = ROOT / "shots"
WIDTHS = {390: 844, 820: 1180, 1440: 900}
THEMES = ("light", "dark")
QUIET = ("background-networking", "component-update", "sync")
FLAGS = ("--no-sandbox", "--no-first-run", "--disable-gpu", *(f"--disable-{what}" for what in QUIET))
# What is out of sight is not laid out on the board; a picture of all of a page shows it too.
LAY_OUT_ALL = "document.querySelectorAll('.pl-ticket').forEach((card) => (card.style.contentVisibility = 'visible'))"
BIN = Path(sys.executable).parent


def asked() -> tuple[list[str], str]:
    """Which words the names of the pages shall contain, and the language, as the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("words", nargs="*")
    parser.add_argument("--language", default=SOURCE, choices=LANGUAGES)
    words, language = vars(parser.parse_args()).values()
    return words, language


def main() -> int:
    words, language = asked()
    shots = [shot for shot in shots_pages.SHOTS if not words or any(word in shot.name for word in words)]
    SHOTS.mkdir(exist_ok=True)
    complaints: list[str] = []
    with TemporaryDirectory(prefix="passline-shots-") as folder, instance(Path(folder)) as stage, browser() as chromium:
        for shot in shots:
            for width, height in WIDTHS.items():
                for theme in THEMES:
                    complaints += draw(chromium, stage, shot, width, height, theme, language)
            print(f"  {shot.name}")
    for complaint in complaints:
        print(complaint)
    print(
        f"{len(shots) * len(WIDTHS) * len(THEMES)} pictures in {SHOTS.relative_to(ROOT)}/, {len(complaints)} complaints"
    )
    return 1 if complaints else 0


@contextmanager
def instance(folder: Path) -> Iterator[shots_stage.Stage]:
    """Web and gateway on an own, staged database; and a web process whose database has no tables."""
    ports = free_ports(4)
    settings = environment(folder / "stage.db", ports[0], ports[1])
    subprocess.run(
        [BIN / "flask", "--app", "wsgi", "db", "upgrade"], cwd=ROOT, env=settings, check=True, stderr=subprocess.DEVNULL
    )
    stage = shots_stage.fill(settings)
    broken = environment(folder / "nothing.db", ports[2], ports[3])
    processes = [
        start(settings, folder / "web.log", BIN / "gunicorn", "wsgi:app"),
        start(settings, folder / "gateway.log", sys.executable, "-m", "gateway"),
        start(broken, folder / "broken.log", BIN / "gunicorn", "wsgi:app"),
    ]
    stage.base = f"http://127.0.0.1:{ports[0]}"
    stage.broken = f"http://127.0.0.1:{ports[2]}"
    try:
        for address in (f"{stage.base}/healthz", f"{stage.broken}/healthz", f"http://127.0.0.1:{ports[1]}/live"):
            wait_for(address)
        yield stage
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(10)


def environment(database: Path, web_port: int, gateway_port: int) -> dict[str, str]:
    return {
        **os.environ,
        "PASSLINE_ENV": "demo",
        "SECRET_KEY": secrets.token_hex(32),
        "DATABASE_URL": f"sqlite:///{database}",
        "WEB_PORT": str(web_port),
        "GATEWAY_PORT": str(gateway_port),
        "LOG_LEVEL": "WARNING",
    }


def start(settings: dict[str, str], log: Path, *command: str | Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as file:
        return subprocess.Popen(command, cwd=ROOT, env=settings, stdout=file, stderr=subprocess.STDOUT)


def free_ports(count: int) -> list[int]:
    """Ports that nobody has now; all are held until all are found."""
    held = [socket.socket() for _ in range(count)]
    for each in held:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


def wait_for(address: str) -> None:
    deadline = time.monotonic() + 90
    while True:
        try:
            urlopen(address, timeout=2).close()  # noqa: S310  (an address of our own)
            return
        except (URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@contextmanager
def browser() -> Iterator[Browser]:
    if reason := services.chromium_why_not():
        sys.exit(reason)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(services.chromium()), args=FLAGS)
        yield chromium
        chromium.close()


def draw(
    chromium: Browser,
    stage: shots_stage.Stage,
    shot: shots_pages.Shot,
    width: int,
    height: int,
    theme: str,
    language: str,
) -> list[str]:
    """One picture; what was wrong with the page."""
    context = chromium.new_context(
        viewport={"width": width, "height": height},
        color_scheme=theme,
        locale=language,
        device_scale_factor=1,
        has_touch=width < 1000,
        reduced_motion="reduce",
        java_script_enabled=shot.script,
    )
    name = f"{shot.name}-{width}-{theme}" + (f"-{language}" if language != SOURCE else "")
    complaints: list[str] = []
    if shot.role:
        context.add_cookies([{"name": "passline_session", "value": stage.cookie_of(shot.role), "url": stage.base}])
    page = context.new_page()
    page.on(
        "console",
        lambda said: said.type == "error" and shot.quiet not in said.text and complaints.append(f"{name}: {said.text}"),
    )
    page.on("pageerror", lambda error: complaints.append(f"{name}: {error}"))
    try:
        open_page(page, stage, shot)
    except Error as error:
        context.close()
        return [f"{name}: {error}"]
    if shot.script and page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        complaints.append(f"{name}: wider than its window")
    if shot.full:
        page.evaluate("window.scrollTo(0, 0)")
        page.evaluate(LAY_OUT_ALL)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=shot.full)
    context.close()
    return complaints


def open_page(page: Page, stage: shots_stage.Stage, shot: shots_pages.Shot) -> None:
    if shot.before is not None:
        shot.before(page, stage)
    page.goto(f"{stage.broken if shot.broken else stage.base}{shot.path.format(**stage.names)}")
    if shot.script:
        page.evaluate("document.fonts.ready")
        if page.locator("#live-line").count():
            page.wait_for_selector("body[data-live=live]", timeout=8000)
    if shot.prepare is not None:
        shot.prepare(page)


if __name__ == "__main__":
    sys.exit(main())
