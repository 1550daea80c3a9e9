"""The doctor where there is no database, no table, no Redis: it says so and needs none of it to go on."""

import runpy

import pytest

from app.config import ROOT
from app.extensions import db
from tests.doctor.installation import doctor
from tests.services import free_port


def test_a_database_that_is_not_there(bare_app, tmp_path):
    path = tmp_path / "none.db"
    app = bare_app(f"sqlite:///{path}")
    with app.app_context():
        report = doctor(app)
    assert "no such file" in report.says("database")
    assert not path.exists()
    assert set(report.of_verdict("wrong")) == {"database"}
    assert report.exit_code == 1


def test_a_database_that_does_not_answer(bare_app):
    app = bare_app(f"postgresql+psycopg://passline:hush@127.0.0.1:{free_port()}/passline")
    with app.app_context():
        report = doctor(app)
    assert "does not answer" in report.says("database")
    assert "hush" not in report.output


def test_a_database_that_is_not_migrated(bare_app, tmp_path):
    app = bare_app(f"sqlite:///{tmp_path / 'empty.db'}")
    with app.app_context():
        db.session.execute(db.text("create table some_table (id int)"))
        db.session.commit()
        report = doctor(app)
    assert "db upgrade" in report.says("migrations")
    assert report.verdict("web") == "cannot say"


@pytest.mark.parametrize("is_there", [True, False])
def test_redis(bare_app, tmp_path, is_there, request):
    url = request.getfixturevalue("redis_url") if is_there else f"redis://:hush@127.0.0.1:{free_port()}/0"
    app = bare_app(f"sqlite:///{tmp_path / 'none.db'}", redis_url=url)
    with app.app_context():
        report = doctor(app)
    assert report.verdict("redis") == ("ok" if is_there else "wrong")
    assert "hush" not in report.output


def test_settings_that_cannot_be_used_are_named(monkeypatch):
    for name, value in {"PASSLINE_ENV": "production", "SECRET_KEY": "short", "WEB_PORT": "x"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as refusal:
        runpy.run_path(str(ROOT / "wsgi.py"))
    said = str(refusal.value)
    assert said.startswith("wrong  settings")
    assert "WEB_PORT" in said
    assert "SECRET_KEY" in said
