"""`flask events send` and `events tail`: a test event down the real path, and the log as it grows."""

import signal
import subprocess
import sys

import pytest
from sqlalchemy import func, select

from app.config import ROOT
from app.domain import log
from app.extensions import db
from app.models import EventLog
from app.models.event_log import head
from tests.processes import environment


def test_it_puts_the_event_on_the_real_path(run):
    result = run("events", "send", "admin.orders", "Hello", '{"n": 1}')
    assert result.exit_code == 0, result.output
    row = db.session.scalars(select(EventLog)).one()
    assert (row.room, row.name) == ("admin.orders", "Hello")
    assert row.event_id in result.output
    assert "written" in result.output


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("nowhere", "Hello", "{}"), "channel"),
        (("!access", "Hello", "{}"), "channel"),
        (("admin.orders", "", "{}"), "name"),
        (("admin.orders", "Hello", "{"), "json"),
        (("admin.orders", "Hello", "[1]"), "json"),
    ],
)
def test_it_refuses_by_name_and_sends_nothing(run, words, named):
    result = run("events", "send", *words)
    assert result.exit_code == 1
    assert f"  {named}: " in result.output
    assert db.session.scalar(select(func.count(EventLog.id))) == 0


def test_it_begins_another_life_of_the_log(run):
    before = head(db.session)
    result = run("events", "new-epoch")
    after = head(db.session)
    assert result.exit_code == 0, result.output
    assert (after.n, str(after) in result.output) == (before.n, True)
    assert after.epoch != before.epoch


@pytest.fixture
def tail(app):
    """The command in a process of its own, following the log from now on."""
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "events", "tail"],
        cwd=ROOT,
        env=environment(app.config["PASSLINE"]),
        stdout=subprocess.PIPE,
        text=True,
        # A shell that runs the tests in the background has it ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize("backend", ["sqlite"])
def test_it_shows_what_is_new_and_ends_with_ctrl_c(app, tail):
    head = tail.stdout.readline()
    log.send_test("admin.orders", {}, name="Hello")
    line = tail.stdout.readline()
    tail.send_signal(signal.SIGINT)
    assert "from now on" in head
    position, _written, *rest = line.split()
    assert position.isdigit()
    assert rest == ["admin.orders", "Hello", "-"]
    assert tail.wait(5) == 0


@pytest.mark.parametrize("backend", ["postgresql"])
def test_it_shows_what_is_committed_and_not_numbered(app, tail):
    tail.stdout.readline()
    log.send_test("admin.orders", {}, name="Hello")
    waiting = tail.stdout.readline()
    with db.engine.begin() as connection:
        # What the gateway's sequencer does.
        connection.exec_driver_sql("update event_log set position = id where position is null")
    position, *_rest = tail.stdout.readline().split()
    assert waiting.split()[0] == "-"
    assert "nobody gives it a position" in waiting
    assert position.isdigit()
