"""The `flask` commands as a person types them: with settings and without, and what they say besides."""

import os
import subprocess
import sys

import pytest

from app.config import ROOT

pytestmark = pytest.mark.skipif((ROOT / ".env").exists(), reason="there are settings: those of the file .env")


def flask(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """What a command says, with these settings alone."""
    environment = {"PATH": os.environ["PATH"], **settings}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("command", "words"),
    [((), ["db", "demo", "doctor", "events", "users"]), (("events", "send"), ["CHANNEL", "NAME", "JSON"])],
)
def test_it_helps_without_settings(command, words):
    helped = flask(*command, "--help")
    assert helped.returncode == 0
    assert all(f" {word}" in helped.stdout for word in words)
    assert "SECRET_KEY" not in helped.stdout + helped.stderr


def test_it_does_nothing_without_settings_and_says_how_it_would():
    refused = flask("doctor")
    assert refused.returncode == 1
    assert "SECRET_KEY: required" in refused.stderr
    assert "PASSLINE_ENV=demo .venv/bin/flask --app wsgi" in refused.stderr


def test_the_demo_is_quiet_about_its_migrations(tmp_path):
    database = {"DATABASE_URL": f"sqlite:///{tmp_path}/demo.db", "SECRET_KEY": "k" * 40}
    migrated = flask("db", "upgrade", PASSLINE_ENV="demo", **database)
    assert migrated.returncode == 0
    assert "alembic" not in migrated.stdout + migrated.stderr
