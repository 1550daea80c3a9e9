"""What the rows of processes tell: who was killed, who can be asked where, whose settings differ."""

import json
import socket
from datetime import timedelta

import pytest

from app.contract.times import now
from app.demo import load
from app.doctor import processes
from app.domain import job_runs, jobs
from app.extensions import atomic, db
from app.models import Process
from tests.doctor.installation import doctor


def test_a_worker_that_was_killed_is_missed(alone, lives):
    lives("worker")
    with db.engine.begin() as connection:
        connection.execute(Process.__table__.update().values(seen_at=now() - timedelta(minutes=2)))
    said = doctor(alone).says("worker")
    assert "was last seen 12" in said
    assert "python -m app.jobs" in said


def test_a_queue_that_no_living_worker_serves_is_named(alone, lives):
    lives("worker")
    said = doctor(alone).says("queue payments")
    assert "the worker that lives serves other queues" in said
    assert "python -m app.jobs" in said


def test_jobs_that_nobody_runs_and_dead_ones_are_named(alone):
    with atomic() as session:
        jobs.add(session, "send_credentials", "1", {}, due_at=now() - timedelta(minutes=2))
        dead = jobs.add(session, "query_payment", "1", {})
    job_runs.fail(job_runs.claim(dead.id), ValueError())
    report = doctor(alone)
    assert "1 job waits and no worker serves the queue. (1 due, 0 later, 0 running, 0 dead" in report.says(
        "queue default"
    )
    assert "1 dead: dead ones need a person" in report.says("queue payments")


def test_settings_that_differ_are_named_with_their_processes(alone, lives):
    lives("web", redis_url="redis://:hush@one/0")
    lives("gateway", redis_url="redis://:hush@two/0", gateway_url="https://elsewhere.example.com")
    lives("gateway", allowed_origins=("https://another.example.com",))
    report = doctor(alone)
    assert "web (" in report.says("redis agrees")
    assert "): nothing" in report.says("redis agrees")
    assert "https://elsewhere.example.com" in report.says("address")
    assert "https://another.example.com" in report.says("origins")
    assert report.verdict("secret key") == "ok"
    assert "hush" not in report.output


def test_gateways_at_other_ports_are_no_fault_while_one_is_where_browsers_look(alone, lives):
    port = alone.config["PASSLINE"].gateway_port
    for place in (port + 1, port + 2):
        lives("gateway", gateway_port=place)
    assert f"sent to {port}" in doctor(alone).says("port")
    lives("gateway", gateway_port=port)
    assert doctor(alone).verdict("port") == "ok"


HERE = socket.gethostname()


@pytest.mark.parametrize(
    ("host", "listens", "asked"),
    [
        (HERE, "127.0.0.1", "127.0.0.1"),
        (HERE, "0.0.0.0", "127.0.0.1"),  # noqa: S104
        (HERE, "::", "[::1]"),
        (HERE, "::1", "[::1]"),
        ("b", "0.0.0.0", "b"),  # noqa: S104
        ("b", "fd00::2", "[fd00::2]"),
        ("b", "b.internal", "b.internal"),
        ("b", "::1", None),
        ("b", "127.0.0.2", None),
        ("b", "localhost", None),
    ],
)
def test_a_process_is_asked_where_it_can_be_reached_from_here(host, listens, asked):
    settings = json.dumps({"LISTEN_HOST": listens, "GATEWAY_PORT": "5001"})
    row = Process(kind="gateway", host=host, pid=7, settings=settings)
    assert processes.address(row) == (asked and f"http://{asked}:5001")


def test_nobody_is_there_over_ipv6(alone, lives):
    lives("gateway", listen_host="::1")
    assert "does not answer at http://[::1]:" in doctor(alone).says("gateway")


def test_those_that_listen_on_another_machine_alone_cannot_be_told(alone, lives):
    lives("web")
    lives("gateway")
    with db.engine.begin() as connection:
        connection.execute(Process.__table__.update().values(host="elsewhere"))
    report = doctor(alone)
    assert report.verdict("web") == report.verdict("gateway") == "cannot say"
    assert "gateway (elsewhere:" in report.output


def test_a_shell_with_another_key_is_told_so(alone, lives):
    lives("web", secret_key="another key, also of forty letters......")
    said = doctor(alone).says("secret key")
    assert "this command: value 1; web (" in said


def test_no_origin_at_all_is_wrong(alone):
    report = doctor(alone, allowed_origins=())
    assert "ALLOWED_ORIGINS is empty" in report.says("socket")


def test_the_demos_past_is_no_fault(alone):
    load.load(20)
    assert doctor(alone).verdict("events") == "ok"


def test_a_database_that_fails_meanwhile_is_named(alone):
    with db.engine.begin() as connection:
        connection.exec_driver_sql("alter table order_changes rename to away")
    report = doctor(alone)
    with db.engine.begin() as connection:
        connection.exec_driver_sql("alter table away rename to order_changes")
    assert "order_changes" in report.says("database")
    assert report.exit_code == 1
