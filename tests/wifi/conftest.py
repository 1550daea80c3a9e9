"""A real FreeRADIUS for each database, with the configuration of deploy/freeradius, started when first asked for."""

from collections.abc import Callable, Iterator

import pytest

from tests.services import FreeRadiusServer


@pytest.fixture(scope="module")
def freeradius_on(database_url_of: Callable[[str], str]) -> Iterator[Callable[[str], FreeRadiusServer]]:
    """The FreeRADIUS beside the database of a kind, which must have been migrated."""
    if reason := FreeRadiusServer.why_not():
        pytest.skip(reason)
    servers: dict[str, FreeRadiusServer] = {}

    def on(backend: str) -> FreeRadiusServer:
        if backend not in servers:
            servers[backend] = FreeRadiusServer(database_url_of(backend))
            servers[backend].start()
        return servers[backend]

    yield on
    for server in servers.values():
        server.remove()


@pytest.fixture
def freeradius(app: object, backend: str, freeradius_on: Callable[[str], FreeRadiusServer]) -> FreeRadiusServer:
    """The FreeRADIUS beside the application's database."""
    return freeradius_on(backend)
