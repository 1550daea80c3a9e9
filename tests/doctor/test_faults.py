"""`flask doctor` in front of real processes: all is well, and each fault that users of such systems have met."""

import signal

import pytest
from flask_migrate import upgrade
from sqlalchemy import select, text

from app.contract import rooms
from app.extensions import db
from app.models import EventLog, Person, Session
from app.models.event_log import head
from tests.doctor.installation import doctor, trace
from tests.factories import place, token_of
from tests.gateway.process import Gateway
from tests.processes import Web
from tests.services import free_port

# Where the database makes no difference to a fault.
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"])
on_postgresql = pytest.mark.parametrize("backend", ["postgresql"])


class TestAllIsWell:
    def test_every_link_is_ok_and_a_test_event_arrives_once(self, installation):
        report = doctor(installation.app)
        assert report.exit_code == 0, report.output
        assert set(report.of_verdict("ok")) == set(report.lines)
        assert [*report.lines][-4:] == ["log-in", "socket", "channel", "event"]
        assert "arrived once" in report.output

    def test_it_leaves_nobody_behind_and_disturbs_nobody(self, installation):
        before = head(db.session).n
        doctor(installation.app)
        db.session.rollback()
        assert db.session.scalars(select(Person.id).where(Person.email.endswith("@probe.invalid"))).all() == []
        assert db.session.scalars(select(Session.id).where(Session.user_agent == "flask doctor")).all() == []
        written = select(EventLog.room).where(EventLog.name == "passline.test").order_by(EventLog.id.desc()).limit(1)
        # Its own room: nobody else is in it.
        assert db.session.scalars(written).one().startswith("user.")
        assert head(db.session).n > before

    @on_sqlite
    def test_it_prints_no_secret(self, installation):
        assert installation.config.secret_key not in doctor(installation.app).output


class TestAnEventThatWasNeverFired:
    @pytest.mark.parametrize("with_history", [True, False])
    def test_it_names_the_order(self, installation, people, with_history):
        order = place(people).order
        db.session.rollback()
        with db.engine.begin() as connection:
            changed = text("update orders set status = 'accepted', version = 2, due_at = null where id = :id")
            connection.execute(changed, {"id": order.id})
            if with_history:
                connection.execute(
                    text(
                        "insert into order_changes (order_id, version, from_status, to_status, actor_name, role, at)"
                        " values (:id, 2, 'placed', 'accepted', 'A script', 'system', :at)"
                    ),
                    {"id": order.id, "at": "2126-01-01 00:00:00.000000"},
                )
        said = doctor(installation.app).says("events")
        lines = trace(installation.app, order.number)
        with db.engine.begin() as connection:
            connection.execute(text("delete from event_log where order_id = :id"), {"id": order.id})
        assert order.number in said
        assert "NO EVENT" in lines[-1]
        assert "version 2: accepted" in lines[-2]


class TestWhoDoesNotAnswer:
    @on_sqlite
    def test_a_wrong_address_of_the_gateway(self, installation):
        report = doctor(installation.app, gateway_port=free_port())
        assert f"listens at http://127.0.0.1:{installation.config.gateway_port}" in report.says("gateway")
        assert "GATEWAY_PORT differs" in report.says("port")
        assert report.verdict("socket") == "cannot say"
        assert report.exit_code == 1

    @on_sqlite
    def test_something_else_at_the_address_of_the_gateway(self, installation):
        report = doctor(installation.app, gateway_port=installation.config.web_port)
        assert "is no gateway" in report.says("gateway")

    @on_sqlite
    def test_a_gateway_and_a_web_on_another_database(self, installation, tmp_path, bare_app):
        url = f"sqlite:///{tmp_path / 'passline.db'}"
        with bare_app(url).app_context():
            upgrade(installation.app.config["MIGRATIONS"])
        gateway = installation.other(Gateway, database_url=url)
        web = installation.other(Web, database_url=url)
        report = doctor(installation.app, gateway_url=gateway.http, web_port=web.port)
        assert "another database" in report.says("gateway")
        assert "does not know a person who was just made" in report.says("log-in")

    @on_postgresql
    def test_a_sequencer_that_was_stopped(self, installation, people):
        gateway = installation.parts["gateway"]
        gateway.process.send_signal(signal.SIGSTOP)
        try:
            order = place(people).order
            report = doctor(installation.app)
            lines = trace(installation.app, order.number)
        finally:
            gateway.process.send_signal(signal.SIGCONT)
        assert "and stopped" in report.says("sequencer")
        assert "wait for their position" in report.says("sequencer")
        assert "does not answer" in report.says("gateway")
        assert "NOT NUMBERED" in lines[3]
        assert "has stopped" in lines[3]

    @on_sqlite
    def test_no_worker_and_no_web(self, installation, people):
        for kind in ("worker", "web"):
            installation.parts[kind].stop()
        order = place(people).order
        db.session.rollback()
        with db.engine.begin() as connection:
            late = text("update orders set due_at = '2020-01-01 00:00:00.000000' where id = :id")
            connection.execute(late, {"id": order.id})
        report = doctor(installation.app)
        # They took their rows away when they stopped.
        assert "no worker uses this database" in report.says("worker")
        assert "past their time" in report.says("deadlines")
        assert "does not answer" in report.says("web")
        assert report.verdict("log-in") == "cannot say"


class TestWhoIsRefused:
    @on_sqlite
    def test_keys_that_differ(self, installation, people):
        key = "another key, also of forty letters......"
        report = doctor(installation.app, gateway_url=installation.other(Gateway, secret_key=key).http)
        assert "SECRET_KEY differs" in report.says("secret key")
        assert "1003" in report.says("socket")
        assert key not in report.output
        lines = trace(installation.app, place(people).order.number)
        assert any("its SECRET_KEY is another" in line for line in lines)

    @on_sqlite
    def test_an_origin_that_the_gateway_does_not_know(self, installation):
        other = installation.other(Gateway, allowed_origins=("https://elsewhere.example.com",))
        report = doctor(installation.app, gateway_url=other.http)
        assert "https://elsewhere.example.com" in report.says("origins")
        assert "1008" in report.says("socket")

    def test_a_channel_that_is_not_for_this_person(self, installation, people):
        channel = f"private-{rooms.vendor_orders(people.restaurant.id)}"
        words = ("--token-stdin", "--channel", channel)
        report = doctor(installation.app, *words, typed=token_of(people.other_vendor))
        assert "2002" in report.says("channel")
        assert doctor(installation.app, *words, typed=token_of(people.vendor)).verdict("event") == "ok"

    @on_sqlite
    def test_a_token_that_nobody_has(self, installation):
        assert "1004" in doctor(installation.app, "--token-stdin", typed="pl_nothing").says("socket")
