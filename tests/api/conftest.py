"""Programs that speak to the API, and the proof that a refusal left nothing behind."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select
from werkzeug.test import TestResponse

from app.extensions import atomic, db
from app.models import OpeningHours, Person, Restaurant
from tests.cast import Cast


class Program:
    """A program with somebody's bearer token, or with none."""

    def __init__(self, client: FlaskClient, headers: dict[str, str]) -> None:
        self.client, self.headers = client, headers

    def get(self, path: str, **query: object) -> TestResponse:
        return self.client.get(f"/api{path}", query_string=query, headers=self.headers)

    def post(self, path: str, body: object = None, *, key: str | None = None) -> TestResponse:
        headers = self.headers if key is None else {**self.headers, "Idempotency-Key": key}
        return self.client.post(f"/api{path}", json=body, headers=headers)

    def send(self, path: str, data: bytes, **headers: str) -> TestResponse:
        """A body as it stands."""
        return self.client.post(f"/api{path}", data=data, headers={**self.headers, **headers})

    def delete(self, path: str) -> TestResponse:
        return self.client.delete(f"/api{path}", headers=self.headers)


@pytest.fixture
def program(app: Flask, bearer: Callable[[Person], dict[str, str]]) -> Callable[[Person | None], Program]:
    """A program that holds a person's token (None: nobody's)."""
    return lambda person: Program(app.test_client(), bearer(person) if person else {})


@pytest.fixture
def wanted(cast: Cast) -> dict[str, object]:
    """A body that places an order."""
    soup, stew, _ = cast.items()
    return {
        "restaurant": "first",
        "items": [
            {"menu_item_id": soup.id, "quantity": 2, "note": "no onion"},
            {"menu_item_id": stew.id, "quantity": 1},
        ],
        "fulfilment": "pickup",
        "payment": "cash",
    }


def close(restaurant: Restaurant) -> None:
    """Take away its opening hours."""
    with atomic() as session:
        session.execute(delete(OpeningHours).where(OpeningHours.restaurant_id == restaurant.id))


def rows() -> dict[str, int]:
    """How many rows each table has."""
    with db.engine.connect() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in db.metadata.tables.items()
        }


@pytest.fixture
def nothing_left() -> Callable[[], object]:
    """A block that must leave every table as long as it was."""

    @contextmanager
    def block() -> Iterator[None]:
        before = rows()
        yield
        assert rows() == before

    return block


def refused(response: TestResponse, status: int, code: str) -> dict[str, object]:
    """The problem document of a refusal with this status and code."""
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    problem = response.get_json(force=True)
    assert problem["code"] == code, problem
    assert problem["status"] == status
    assert problem["type"] == "about:blank"
    assert problem["title"]
    assert problem["detail"]
    return problem
