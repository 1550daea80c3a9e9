"""The migrations, on both databases: to the models as they are, and back, with what the tables hold."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text

from app.config import ROOT
from app.extensions import db
from app.factory import create_app
from tests.cast import make_cast
from tests.conftest import settings
from tests.factories import place, token_of

MIGRATIONS = str(ROOT / "migrations")


@pytest.fixture
def migrated(backend, request, tmp_path):
    """A database of its own, migrated."""
    if backend == "sqlite":
        url = f"sqlite:///{tmp_path}/passline.db"
    else:
        url = request.getfixturevalue("postgres_server").create_database("migrations")
    app = create_app(settings(url))
    with app.app_context():
        upgrade(MIGRATIONS)
        yield app
        db.session.remove()
        db.engine.dispose()


def test_they_lead_to_the_models(migrated):
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []


# As they were made; later ones come and go with their own migrations.
OF_PEOPLE = "id, email, name, phone, password_hash, role, restaurant_id, is_active, is_demo, created_at"


def people():
    """The table with all that it refuses."""
    inspector = inspect(db.engine)
    return (
        sorted(check["name"] for check in inspector.get_check_constraints("people")),
        inspector.get_foreign_keys("people"),
        inspector.get_unique_constraints("people"),
        sorted(index["name"] for index in inspector.get_indexes("people")),
        db.session.execute(text(f"select {OF_PEOPLE} from people order by id")).all(),  # noqa: S608
    )


def test_people_keep_everything_when_their_table_is_made_anew(migrated):
    """There are rows that refer to them, and rows that may not go."""
    cast = make_cast()
    place(cast)
    token_of(cast.vendor)
    db.session.remove()
    downgrade(MIGRATIONS, revision="0005")
    before = people()
    db.session.remove()
    for migrate, revision in ((downgrade, "0004"), (upgrade, "0005")):
        migrate(MIGRATIONS, revision=revision)
        assert people() == before
        db.session.remove()
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("pragma foreign_keys").scalar() == 1
            assert connection.exec_driver_sql("pragma foreign_key_check").all() == []
            highest = "select max(id) = (select seq from sqlite_sequence where name = 'people') from people"
            assert connection.exec_driver_sql(highest).scalar() == 1


def numbered(count):
    """Write so many rows of the log and number them, as the sequencer does on PostgreSQL; all positions then."""
    with db.engine.begin() as connection:
        row = "insert into event_log (event_id, room, name, data, created_at) values ('', 'user.1', 'x', '{}', :at)"
        connection.execute(text(row), [{"at": "2026-11-29 08:00:00"}] * count)
        if connection.dialect.name == "sqlite":
            return [count]
        connection.execute(text("update log_head set term = 1"))
        found = connection.scalar(text("select passline_sequence(1, 1000, interval '3 seconds')"))
        return [found, *connection.scalars(text("select position from event_log order by id"))]


def test_the_log_is_numbered_before_and_after(migrated):
    position = numbered(3)[1:]
    downgrade(MIGRATIONS, revision="0009")
    assert numbered(2) == ([2, *position, 4, 5] if position else [2])
    upgrade(MIGRATIONS)
    assert numbered(1) == ([1, *position, 4, 5, 6] if position else [1])
    with db.engine.connect() as connection:
        assert connection.scalar(text("select count(*) from event_log")) == 6


def test_they_can_all_be_taken_back(migrated):
    downgrade(MIGRATIONS, revision="base")
    assert set(inspect(db.engine).get_table_names()) == {"alembic_version"}


def test_foreign_keys_are_kept_after_an_upgrade_that_found_nothing_to_do(migrated):
    upgrade(MIGRATIONS)
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("pragma foreign_keys").scalar() == 1
