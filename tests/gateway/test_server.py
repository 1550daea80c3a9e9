"""Starting: what `python -m gateway` refuses, in one sentence."""

import os
import subprocess
import sys

import pytest

from app.extensions import atomic
from app.models import Person
from tests.gateway.process import ROOT


@pytest.fixture
def backend():
    """The database makes no difference here."""
    return "sqlite"


def start(**environment):
    """Its exit code and what it said, when it ends by itself."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    ended = subprocess.run(
        [sys.executable, "-m", "gateway"],
        cwd=ROOT,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert "Traceback" not in ended.stderr
    return ended.returncode, ended.stderr


def test_it_names_every_setting_that_is_wrong():
    code, said = start(PASSLINE_ENV="production", SECRET_KEY="short", GATEWAY_PORT="many", ALLOWED_ORIGINS="*")
    assert code == 1
    assert all(name in said for name in ("SECRET_KEY", "GATEWAY_PORT", "ALLOWED_ORIGINS"))


def test_it_does_not_start_over_the_people_of_the_demo(app, cast):
    with atomic() as session:
        session.get(Person, cast.driver.id).is_demo = True
    url = app.config["PASSLINE"].database_url
    code, said = start(PASSLINE_ENV="production", SECRET_KEY="x" * 40, DATABASE_URL=url)
    assert code == 1
    assert "demo people" in said


def test_it_says_that_its_port_is_taken(app, gateway):
    url = app.config["PASSLINE"].database_url
    code, said = start(PASSLINE_ENV="test", SECRET_KEY="x" * 40, DATABASE_URL=url, GATEWAY_PORT=str(gateway.port))
    assert code == 1
    assert "cannot_listen" in said
