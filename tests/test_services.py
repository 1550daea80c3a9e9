"""The throwaway servers start, survive what tests do to them, and leave nothing behind."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
import sqlalchemy as sa

from tests.services import Postgres, PostgresServer, RedisServer, chromium_why_not, program


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[PostgresServer]:
    if reason := PostgresServer.why_not():
        pytest.skip(reason)
    with PostgresServer() as server:
        yield server


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    if reason := RedisServer.why_not():
        pytest.skip(reason)
    with RedisServer(keep=True) as server:
        yield server


def ask(url: str, question: str) -> object:
    """The first value of the answer, over the driver that the application uses."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        return connection.scalar(sa.text(question))


def tell(url: str, statement: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text(statement))


def test_it_makes_databases_apart_from_each_other(postgres_server: Postgres):
    one, two = postgres_server.create_database("one"), postgres_server.create_database("two")
    tell(one, "CREATE TABLE plates (id int)")
    assert ask(two, "SELECT to_regclass('plates')") is None
    postgres_server.drop_database(one)
    postgres_server.drop_database(two)


def test_it_copies_a_database(postgres_server: Postgres):
    template = postgres_server.create_database("template")
    tell(template, "CREATE TABLE plates AS SELECT 7 AS id")
    copy = postgres_server.create_database("copy", template=template)
    assert ask(copy, "SELECT id FROM plates") == 7
    postgres_server.drop_database(copy)
    postgres_server.drop_database(template)


def test_it_drops_a_database_with_somebody_connected(postgres_server: Postgres):
    url = postgres_server.create_database()
    with psycopg.connect(url.replace("+psycopg", "")):
        postgres_server.drop_database(url)
        with pytest.raises(psycopg.OperationalError, match="does not exist"):
            psycopg.connect(url.replace("+psycopg", ""))


def test_it_gives_a_module_its_own_database(postgres_url: str):
    assert str(ask(postgres_url, "SELECT current_database()")).startswith("test_services_")


def test_postgres_is_durable_unless_told_otherwise(own_postgres: PostgresServer):
    assert ask(own_postgres.url, "SHOW fsync") == "on"


def test_postgres_sorts_as_in_production(own_postgres: PostgresServer):
    assert ask(own_postgres.url, "SELECT 'a' < 'B'") is True


def test_postgres_keeps_what_was_committed_when_it_is_killed(own_postgres: PostgresServer):
    url = own_postgres.create_database()
    tell(url, "CREATE TABLE plates AS SELECT 7 AS id")
    own_postgres.kill()
    with pytest.raises(sa.exc.OperationalError):
        ask(url, "SELECT 1")
    own_postgres.start()
    assert ask(url, "SELECT id FROM plates") == 7


def test_postgres_comes_back_at_the_same_address(own_postgres: PostgresServer):
    own_postgres.restart()
    assert ask(own_postgres.url, "SELECT 1") == 1


def test_postgres_goes_without_a_trace():
    if reason := PostgresServer.why_not():
        pytest.skip(reason)
    with PostgresServer(fsync=False) as server:
        assert server.process is not None
        process = server.process.pid
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    assert not server.folder.exists()


def test_redis_keeps_its_data_over_a_restart_when_asked_to(own_redis: RedisServer):
    with redis.Redis.from_url(own_redis.url) as client:
        client.set("plate", "7")
        own_redis.restart()
        assert client.get("plate") == b"7"


def test_redis_can_be_killed_and_started(own_redis: RedisServer):
    own_redis.kill()
    assert not own_redis.answers()
    own_redis.start()
    assert own_redis.answers()


def test_it_gives_a_test_an_empty_redis(redis_url: str):
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("left", "behind")


def test_it_says_why_there_is_no_server(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert RedisServer.why_not() == "Redis is not installed (redis-server is not in PATH)"


def test_a_stub_that_calls_snap_is_no_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Trap: it is in PATH on Ubuntu, and cannot be driven."""
    stub = tmp_path / "chromium"
    stub.write_text("#!/bin/sh\nexec /snap/bin/chromium\n")
    stub.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert chromium_why_not() == "Ubuntu's Chromium is a snap, which browser tests cannot drive"


def test_it_takes_the_highest_version_of_a_program(tmp_path: Path):
    for version in ("9", "15", "16"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "initdb").touch()
    assert program("initdb", f"{tmp_path}/*/bin") == tmp_path / "16" / "bin" / "initdb"


INNER = """
import os, pytest
pytest_plugins = ["tests.servers_plugin"]
"""
INNER_TEST = """
import os, pathlib, pytest
def note(text):
    with open("notes", "a") as notes:
        notes.write(text + chr(10))
@pytest.mark.parametrize("n", range(4))
def test_it(postgres_server, redis_server, n):
    note(postgres_server.url + " " + redis_server)
    assert n != 2
"""


def test_a_run_has_one_server_of_each_and_removes_it_even_after_a_failure(tmp_path: Path):
    if reason := PostgresServer.why_not() or RedisServer.why_not():
        pytest.skip(reason)
    (tmp_path / "conftest.py").write_text(INNER)
    (tmp_path / "test_inner.py").write_text(INNER_TEST)
    (tmp_path / "tmp").mkdir(mode=0o755)
    tmp_path.chmod(0o755)
    root = Path(__file__).resolve().parents[1]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
    )
    assert "1 failed, 3 passed" in run.stdout, run.stdout
    addresses = set((tmp_path / "notes").read_text().splitlines())
    assert len(addresses) == 1
    postgres_url, redis_address = addresses.pop().split()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(postgres_url.replace("+psycopg", ""), connect_timeout=1)
    with redis.Redis.from_url(redis_address) as client, pytest.raises(redis.ConnectionError):
        client.ping()
