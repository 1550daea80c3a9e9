"""Fixtures of the whole suite: the application on both databases, its cast, and clients that are somebody.

One application per database and worker; before each test its tables are emptied, so every test starts alone.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from werkzeug.test import TestResponse

from app.config import Config
from app.contract.tokens import SESSION_ID
from app.domain import passwords
from app.extensions import atomic, db, limiter
from app.factory import create_app
from app.models import Person
from tests.cast import Cast, make_cast
from tests.daraja import Daraja
from tests.factories import session_of, token_of
from tests.simulator import Simulator, served

pytest_plugins = ["tests.servers_plugin"]

# A tenth of a second for each password is what a thief shall pay, not each test that logs in. Processes keep the cost.
passwords._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
passwords._NOBODY = passwords._hasher.hash("nobody has this password")


class Browser(FlaskClient):
    """Each request in a context of its own, as on a server: else the person of one request would be the next one's.

    What the test has read is read anew after it.
    """

    def open(self, *args: object, **kwargs: object) -> TestResponse:
        db.session.rollback()
        db.session.expire_all()
        with self.application.app_context():
            return super().open(*args, **kwargs)  # type: ignore[arg-type]


BACKENDS = ("sqlite", "postgresql")
_apps: dict[str, Flask] = {}


def settings(database_url: str, **changes: object) -> Config:
    """The settings of a test's application."""
    defaults = {
        "env": "test",
        "secret_key": "a key for tests alone, of forty letters.",
        "allowed_origins": ("http://localhost",),
        "log_level": "ERROR",
    }
    return Config(database_url=database_url, **{**defaults, **changes})


@pytest.fixture(scope="session")
def database_url_of(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Callable[[str], str]:
    """The URL of this worker's own database of a kind, made when first asked for."""
    urls: dict[str, str] = {}

    def url(backend: str) -> str:
        if backend not in urls:
            if backend == "sqlite":
                path: Path = tmp_path_factory.mktemp("database") / "passline.db"
                urls[backend] = f"sqlite:///{path}"
            else:
                server = request.getfixturevalue("postgres_server")
                urls[backend] = server.create_database(f"passline_{tmp_path_factory.getbasetemp().name}")
        return urls[backend]

    return url


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Which database the test runs on: each test that uses `app` runs on both."""
    return request.param


# Pages and the API call verbs, which are tested on both databases, and are the same Python on either: one will do for
# them, but for these, which ask the database questions of their own. ON_BOTH=1 has all of them run on both.
EDGES = ("views", "api")
ASK_THEMSELVES = re.compile(
    r"test_(admin_(audit|bulk|dashboard|dispatch|jobs|messages|orders|payments|people|reconciliation|refunds|search|wifi)"
    r"|customer_(browse|orders)|vendor_(board|orders|statistics)|idempotency|reading|takings)"
)


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Choose the databases of a test of the edges, unless it says them itself."""
    folder, name = metafunc.definition.path.parts[-2:]
    says = any("backend" in str(mark.args[0]) for mark in metafunc.definition.iter_markers("parametrize"))
    if "backend" not in metafunc.fixturenames or says or os.environ.get("ON_BOTH"):
        return
    if folder in EDGES and not ASK_THEMSELVES.match(name) and not hasattr(metafunc.module, "backend"):
        metafunc.definition.add_marker(pytest.mark.parametrize("backend", BACKENDS[:1]))


@pytest.fixture
def app(backend: str, database_url_of: Callable[[str], str]) -> Iterator[Flask]:
    """The application on an empty, migrated database, inside an application context."""
    if backend not in _apps:
        _apps[backend] = create_app(settings(database_url_of(backend)))
        _apps[backend].test_client_class = Browser
        with _apps[backend].app_context():
            upgrade(str(Path(__file__).parent.parent / "migrations"))
    with _apps[backend].app_context():
        empty()
        limiter.reset()
        yield _apps[backend]
        db.session.remove()


@pytest.fixture
def sqlite_app(database_url_of: Callable[[str], str]) -> Iterator[Flask]:
    """The application on SQLite alone, where the database makes no difference to what is tested."""
    yield from app.__wrapped__("sqlite", database_url_of)  # type: ignore[attr-defined]


def empty() -> None:
    """Delete every row but the log's head, which goes on counting; all in one breath, as each test begins with it.

    The head first, as a sequencer of a gateway that still runs takes it before the log's rows: else the two deadlock.
    """
    tables = [table.name for table in reversed(db.metadata.sorted_tables) if table.name != "log_head"]
    statements = ["update log_head set pruned = 0, holder = null, lease_until = null"]
    statements += [f"delete from {name}" for name in tables]  # noqa: S608  (our own tables)
    with db.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("; ".join(statements))
            return
        for statement in statements:
            connection.exec_driver_sql(statement)


@pytest.fixture
def cast(app: Flask) -> Cast:
    """People of every role, two restaurants with menus, and an outsider who belongs to nobody."""
    return make_cast()


@pytest.fixture(scope="session")
def daraja_server() -> Iterator[Daraja]:
    """An M-Pesa that does as a test tells it."""
    server = Daraja()
    yield server
    server.stop()


@pytest.fixture
def daraja(app: Flask, cast: Cast, daraja_server: Daraja) -> Iterator[Daraja]:
    """M-Pesa, set up for the application; the first restaurant is paid in shillings."""
    daraja_server.reset()
    before = app.config["PASSLINE"]
    app.config["PASSLINE"] = replace(before, **mpesa_settings(daraja_server))
    with atomic():
        cast.restaurant.currency = "KES"
    yield daraja_server
    app.config["PASSLINE"] = before
    if client := app.extensions.pop("mpesa", None):
        client.close()


def mpesa_settings(server: Daraja) -> dict[str, object]:
    """The settings of an account with it."""
    return {
        "mpesa_url": server.url,
        "mpesa_consumer_key": "the key",
        "mpesa_consumer_secret": "the secret",
        "mpesa_passkey": "the passkey",
        "mpesa_shortcode": "174379",
        "public_url": "https://passline.test",
        "mpesa_sources": (ip_network("127.0.0.0/8"),),
    }


@pytest.fixture
def as_person(app: Flask) -> Callable[[Person | None], FlaskClient]:
    """A browser in which somebody is logged in (None: nobody)."""

    def client(person: Person | None) -> FlaskClient:
        browser = app.test_client()
        if person is not None:
            row = session_of(person)
            with browser.session_transaction() as cookie:
                cookie[SESSION_ID] = row.id
        return browser

    return client


@pytest.fixture(scope="session")
def _simulator() -> Iterator[Simulator]:
    with Simulator(settings("sqlite:///:memory:")).running() as running:
        yield running


@pytest.fixture
def simulator(_simulator: Simulator) -> Simulator:
    """The stand-ins for M-Pesa and text messages, over HTTP, with nothing in their memory (tests/simulator.py)."""
    _simulator.reset()
    return _simulator


@pytest.fixture
def connected(app: Flask, simulator: Simulator) -> Iterator[Simulator]:
    """The simulator as the providers of `app`, which is served over HTTP meanwhile, so that it can be called back."""
    before = app.config["PASSLINE"]
    with served(app) as address:
        app.config["PASSLINE"] = simulator.settings(before, address)
        simulator.know(app.config["PASSLINE"])
        yield simulator
    app.config["PASSLINE"] = before


@pytest.fixture
def bearer(app: Flask) -> Callable[[Person], dict[str, str]]:
    """The headers of a program that holds a person's bearer token."""
    return lambda person: {"Authorization": f"Bearer {token_of(person)}"}


@pytest.fixture
def csrf_off(app: Flask) -> Iterator[None]:
    """Let forms be posted without a token, where CSRF is not what is tested."""
    with without_csrf(app):
        yield


@contextmanager
def without_csrf(app: Flask) -> Iterator[None]:
    """The same, for a block."""
    methods = app.config["WTF_CSRF_METHODS"]
    # The first is for forms, the second for the check before every view.
    app.config |= {"WTF_CSRF_ENABLED": False, "WTF_CSRF_METHODS": set()}
    try:
        yield
    finally:
        app.config |= {"WTF_CSRF_ENABLED": True, "WTF_CSRF_METHODS": methods}
