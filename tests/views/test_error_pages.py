"""Error pages say what happened, what to do now and lead back; also when the database is what broke."""

import pytest

from app.config import Config
from app.factory import create_app
from tests.conftest import settings


def test_a_page_that_is_not_there_says_so_and_leads_back(cast, as_person):
    page = as_person(None).get("/nowhere")
    assert page.status_code == 404
    assert "Nothing here" in page.text
    assert 'href="/"' in page.text


def test_a_page_of_another_role_says_so(cast, as_person):
    assert "Not for you" in as_person(cast.customer).get("/admin/").text


def test_whoever_is_logged_in_keeps_their_account_and_their_ways(cast, as_person):
    page = as_person(cast.customer).get("/nowhere").text
    assert "Customer Person" in page
    assert 'href="/orders/"' in page
    assert 'href="/orders/"' not in as_person(cast.vendor).get("/nowhere").text
    assert 'href="/orders/"' not in as_person(None).get("/nowhere").text


def test_a_program_gets_a_problem_document(cast, as_person):
    answer = as_person(None).get("/nowhere", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
    assert answer.json["code"] == "not_found"


@pytest.fixture
def broken(tmp_path):
    """A browser of an application whose database has no tables."""
    settings_: Config = settings(f"sqlite:///{tmp_path / 'nothing.db'}")
    return create_app(settings_).test_client()


@pytest.mark.parametrize("path", ["/r/", "/r/first", "/t/token", "/login"])
def test_what_broke_is_told_without_the_database(broken, path):
    answer = broken.get(path)
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.text


def test_who_is_logged_in_is_told_as_well(broken):
    with broken.session_transaction() as cookie:
        cookie["sid"] = "somebody"
    answer = broken.get("/orders/")
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.text


@pytest.fixture
def away():
    """A browser of an application whose PostgreSQL does not answer."""
    return create_app(settings("postgresql+psycopg://nobody@127.0.0.1:1/nothing?connect_timeout=2")).test_client()


def test_a_database_that_is_away_is_no_fault_of_ours_and_comes_back(away):
    answer = away.get("/r/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert "Back in a moment" in answer.text


def test_a_program_is_told_to_try_again(away):
    answer = away.get("/api/restaurants", headers={"Authorization": "Bearer whatever"})
    assert (answer.status_code, answer.json["code"]) == (503, "database_away")


def test_a_sqlite_that_somebody_else_holds_is_away_too(tmp_path):
    folder = tmp_path / "not-a-database"
    folder.mkdir()
    assert create_app(settings(f"sqlite:///{folder}")).test_client().get("/r/").status_code == 503
