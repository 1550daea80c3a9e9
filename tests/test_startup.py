"""No process serves with a demo person in production."""

import os
import subprocess
import sys

import pytest

from app import startup
from app.extensions import atomic
from tests.conftest import settings
from tests.services import free_port


def test_it_refuses_to_start_while_a_demo_person_exists(cast, backend, database_url_of):
    with atomic():
        cast.customer.is_demo = True
    with pytest.raises(SystemExit, match="1 demo people"):
        startup.check(settings(database_url_of(backend), env="production"))


@pytest.mark.parametrize("env", ["demo", "test"])
def test_it_starts_with_one_elsewhere(cast, backend, database_url_of, env):
    with atomic():
        cast.customer.is_demo = True
    startup.check(settings(database_url_of(backend), env=env))


def test_it_starts_without_one(cast, backend, database_url_of):
    startup.check(settings(database_url_of(backend), env="production"))


def test_it_starts_while_the_database_is_away(tmp_path):
    startup.check(settings(f"sqlite:///{tmp_path}/nowhere/x.db", env="production"))


PROCESSES = {"web process": ["gunicorn", "wsgi:app"], "gateway": ["gateway"], "worker": ["app.jobs"]}


def start(process: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **{name: value for name, value in os.environ.items() if name != "GUNICORN_CMD_ARGS"},
        "PASSLINE_ENV": "production",
        "SECRET_KEY": "k" * 40,
        "WEB_PORT": str(free_port()),
        "GATEWAY_PORT": str(free_port()),
        **settings,
    }
    command = [sys.executable, "-m", *PROCESSES[process]]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20, check=False)


@pytest.mark.parametrize("process", PROCESSES)
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_each_process_refuses_by_itself(cast, backend, database_url_of, process):
    with atomic():
        cast.customer.is_demo = True
    ended = start(process, DATABASE_URL=database_url_of(backend))
    assert ended.returncode != 0
    assert "does not start: 1 demo people" in ended.stderr


def test_it_names_the_settings_that_are_wrong():
    ended = start("gateway", SECRET_KEY="short", LOG_LEVEL="LOUD")
    assert ended.returncode != 0
    assert "The gateway cannot start:\nSECRET_KEY: shorter" in ended.stderr
    assert "LOG_LEVEL: 'LOUD'" in ended.stderr
    assert "Traceback" not in ended.stderr
