"""A gateway for each database that lives through the run, screens in front of it, and rows for them to hear."""

import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from app.contract.tokens import SESSION_ID
from app.models import Person
from tests.conftest import settings
from tests.factories import session_of, token_of
from tests.gateway.link import Link
from tests.gateway.process import Gateway
from tests.gateway.screen import Screen
from tests.gateway.stock import Stock


@pytest.fixture(scope="session")
def gateways() -> Iterator[dict[str, Gateway]]:
    """The shared gateways by database; a test that stops one uses `own_gateway`."""
    running: dict[str, Gateway] = {}
    yield running
    for gateway in running.values():
        gateway.remove()


@pytest.fixture
def gateway(
    app: Flask, backend: str, database_url_of: Callable[[str], str], gateways: dict[str, Gateway]
) -> Iterator[Gateway]:
    """A running gateway on the test's database; whatever a test does to it, it logs no traceback."""
    if backend not in gateways:
        gateways[backend] = Gateway(settings(database_url_of(backend))).start()
    before = len(gateways[backend].logged())
    yield gateways[backend]
    logged = gateways[backend].logged()[before:]
    print(logged)  # noqa: T201  (pytest shows it beside a failure)
    assert "Traceback" not in logged, logged


@pytest.fixture
def own_gateway(app: Flask) -> Iterator[Callable[[], Gateway]]:
    """Start a gateway that only this test has, and that may be mistreated."""
    started: list[Gateway] = []

    def start() -> Gateway:
        started.append(Gateway(app.config["PASSLINE"]).start())
        return started[-1]

    yield start
    for gateway in started:
        gateway.remove()


@pytest.fixture
def screens() -> Iterator[list[Screen]]:
    """Screens to be closed at the end."""
    opened: list[Screen] = []
    yield opened
    for screen in opened:
        screen.close()


@pytest.fixture
def screen(request: pytest.FixtureRequest, screens: list[Screen]) -> Callable[..., Screen]:
    """Connect: with a person (bearer token), or with what is given as `auth` and `cookie`; `to` the shared gateway."""

    def connect(person: Person | None = None, auth: dict[str, Any] | None = None, **options: Any) -> Screen:
        to = options.pop("to", None) or request.getfixturevalue("gateway")
        if person is not None:
            auth = {"token": token_of(person), **(auth or {})}
        screens.append(Screen(to.port, auth, **options))
        return screens[-1]

    return connect


@pytest.fixture
def cookie_of(app: Flask) -> Callable[[Person], str]:
    """The session cookie of somebody who has logged in, as a browser sends it."""

    def cookie(person: Person) -> str:
        row = session_of(person)
        signed = app.session_interface.get_signing_serializer(app).dumps({SESSION_ID: row.id})  # type: ignore[attr-defined]
        return f"{app.config['SESSION_COOKIE_NAME']}={signed}"

    return cookie


@pytest.fixture
def link() -> Iterator[Link]:
    """One real connection of an engine, inside this process."""
    made = Link()
    yield made
    made.close()


@pytest.fixture
def stock() -> Iterator[Callable[..., Stock]]:
    """Make a stock client of somebody that is disconnected in the end."""
    made: list[Stock] = []

    def make(gateway: Gateway | str, person: Person) -> Stock:
        made.append(Stock(gateway if isinstance(gateway, str) else gateway.http, token_of(person)))
        return made[-1]

    yield make
    while made:
        made.pop().close()
    # Inside the test that expects their warnings.
    gc.collect()
