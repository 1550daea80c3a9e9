"""`flask doctor` in front of real processes: all is well, and each fault that users of such systems have met.

A process that was started with a setting that differs is often the doctor itself: it asks with the settings of a web
process that was. Those faults that take a process away are in test_without.py.
"""

import signal

import pytest
from sqlalchemy import select, text

from app.contract import rooms
from app.extensions import db
from app.models import EventLog, Person, Session
from tests.doctor.installation import doctor, trace
from tests.factories import place, token_of
from tests.gateway.process import Gateway
from tests.services import NginxServer, free_port

# Where the database makes no difference to a fault.
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"])
on_postgresql = pytest.mark.parametrize("backend", ["postgresql"])
ELSEWHERE = "https://elsewhere.example.com"


class TestAllIsWell:
    def test_every_link_is_ok_and_a_test_event_arrives_once(self, started):
        report = started.healthy
        assert report.exit_code == 0, report.output
        assert set(report.of_verdict("ok")) == set(report.lines)
        assert [*report.lines][-4:] == ["log-in", "socket", "channel", "event"]
        assert "arrived once" in report.output

    def test_it_leaves_nobody_behind_and_disturbs_nobody(self, started):
        assert started.healthy
        assert db.session.scalars(select(Person.id).where(Person.email.endswith("@probe.invalid"))).all() == []
        assert db.session.scalars(select(Session.id).where(Session.user_agent == "flask doctor")).all() == []
        written = select(EventLog.room).where(EventLog.name == "passline.test").order_by(EventLog.id.desc()).limit(1)
        # Its own room: nobody else is in it.
        assert db.session.scalars(written).one().startswith("user.")

    def test_it_prints_no_secret(self, started):
        assert started.config.secret_key not in started.healthy.output

    @on_sqlite
    def test_the_gateway_is_behind_the_reference_nginx(self, installation):
        if reason := NginxServer.why_not():
            pytest.skip(reason)
        web, gateway = installation.parts["web"], installation.parts["gateway"]
        upstreams = {f"gateway-{n}:5001": f"127.0.0.1:{gateway.port}" for n in (1, 2)}
        with NginxServer({**upstreams, "server web:5000": f"server 127.0.0.1:{web.port}"}) as nginx:
            report = doctor(installation.app, gateway_url=nginx.http)
        # The processes were started without that address; all else is well.
        assert report.of_verdict("wrong") == ["address"], report.output
        assert f"accepted at {nginx.http}" in report.output
        assert report.verdict("event") == "ok"


class TestAnEventThatWasNeverFired:
    def test_it_names_the_order(self, installation, people):
        with_history, without = place(people).order, place(people).order
        db.session.rollback()
        with db.engine.begin() as connection:
            changed = text("update orders set status = 'accepted', version = 2, due_at = null where id in (:one, :two)")
            connection.execute(changed, {"one": with_history.id, "two": without.id})
            connection.execute(
                text(
                    "insert into order_changes (order_id, version, from_status, to_status, actor_name, role, at)"
                    " values (:id, 2, 'placed', 'accepted', 'A script', 'system', '2126-01-01 00:00:00.000000')"
                ),
                {"id": with_history.id},
            )
        said = doctor(installation.app).says("events")
        for order in (with_history, without):
            lines = trace(installation.app, order.number)
            assert order.number in said
            # What a gateway has refused since it started may stand below it.
            assert [line for line in lines if "NO EVENT" in line]
            assert "version 2: accepted" in lines[-2]
        with db.engine.begin() as connection:
            connection.execute(text("delete from event_log where order_id is not null"))


class TestAWrongAddress:
    @on_sqlite
    def test_nobody_is_where_browsers_look_for_the_gateway(self, installation):
        report = doctor(installation.app, gateway_port=free_port())
        listens = f"listens at {installation.parts['gateway'].http}: set GATEWAY_URL"
        assert listens in report.says("socket")
        assert "GATEWAY_PORT differs" in report.says("port")
        assert report.verdict("gateway") == "ok"
        assert report.exit_code == 1

    @on_sqlite
    def test_something_else_is_there(self, installation):
        report = doctor(installation.app, gateway_port=installation.config.web_port)
        assert "refuses WebSocket with HTTP" in report.says("socket")
        assert "set GATEWAY_URL" in report.says("socket")

    @on_sqlite
    def test_another_process_is_there(self, installation, alone, lives):
        lives("gateway", gateway_port=installation.config.gateway_port)
        pid = installation.parts["gateway"].process.pid
        assert f":{pid}) answers there" in doctor(alone).says("gateway")


class TestAnotherDatabase:
    @on_sqlite
    def test_the_web_and_the_gateway_use_another(self, installation, alone):
        there = {"web_port": installation.config.web_port, "gateway_port": installation.config.gateway_port}
        report = doctor(alone, **there)
        assert "another database" in report.says("web")
        assert "no gateway uses this database" in report.says("gateway")
        assert report.verdict("socket") == "cannot say"

    @on_sqlite
    def test_the_web_alone_uses_another(self, installation, alone, lives):
        there = {"web_port": installation.config.web_port, "gateway_port": installation.config.gateway_port}
        lives("gateway", **there)
        # As if the installation's gateway had written it.
        with db.engine.begin() as connection:
            process = installation.parts["gateway"].process
            connection.execute(text("update processes set pid = :pid"), {"pid": process.pid})
        report = doctor(alone, **there)
        assert report.verdict("gateway") == "ok"
        assert "does not know a person who was just made" in report.says("log-in")


class TestASequencerThatWasStopped:
    @on_postgresql
    def test_it_is_named(self, installation, people):
        gateway = installation.parts["gateway"]
        gateway.send_signal(signal.SIGSTOP)
        try:
            order = place(people).order
            report = doctor(installation.app)
            lines = trace(installation.app, order.number)
        finally:
            gateway.send_signal(signal.SIGCONT)
        assert "and stopped" in report.says("sequencer")
        assert "wait for their position" in report.says("sequencer")
        assert "does not answer" in report.says("gateway")
        assert "NOT NUMBERED" in lines[3]
        assert "has stopped" in lines[3]


class TestWhoIsRefused:
    @on_sqlite
    def test_keys_that_differ(self, installation, people):
        key = "another key, also of forty letters......"
        report = doctor(installation.app, gateway_url=installation.other(Gateway, secret_key=key).http)
        assert "SECRET_KEY differs" in report.says("secret key")
        assert "1003" in report.says("socket")
        assert key not in report.output
        # Each gateway answers for itself.
        lines = trace(installation.app, place(people).order.number)
        assert any("found the room empty" in line and "its SECRET_KEY is another" in line for line in lines)

    @on_sqlite
    def test_an_origin_that_the_gateway_does_not_know(self, installation):
        address = installation.parts["gateway"].http
        report = doctor(installation.app, gateway_url=address, allowed_origins=(ELSEWHERE,))
        assert ELSEWHERE in report.says("origins")
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
