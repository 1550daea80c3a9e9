"""What is stored in English, said in the language of the page."""

import pytest
from flask import Flask

from app.contract.times import now
from app.domain import dispatch
from app.domain.dispatch import Weighed
from app.views.told_again import told_again
from tests.factories import ticket_in

ARABIC = {"Accept-Language": "ar"}


@pytest.fixture
def backend():
    return "sqlite"


def driver(id: int, metres: int | None) -> Weighed:
    return Weighed(id, "Njeri", metres, None if metres is None else 5, "", None)


@pytest.mark.parametrize(
    "weighed",
    [
        [driver(1, None)],
        [driver(1, 850)],
        [driver(1, None), driver(2, None)],
        [driver(1, 850), driver(2, 900)],
        [driver(1, 850), driver(2, 2400)],
    ],
)
def test_why_a_driver_was_asked_is_said_in_arabic(app: Flask, weighed):
    choice = dispatch.choose(weighed, now())
    assert choice is not None
    with app.test_request_context(headers=ARABIC):
        said = told_again(choice.reason)
    assert not any(letter.isascii() and letter.isalpha() for letter in said)


def test_the_values_of_a_sentence_are_said_too(app: Flask):
    with app.test_request_context(headers=ARABIC):
        assert told_again("too far away (24.0 km)") == "بعيد جدًا (24.0 كم)"


def test_what_somebody_wrote_stays(app: Flask):
    with app.test_request_context(headers=ARABIC):
        assert told_again("Confirmed by Ada, 2026-11-29T10:00Z: seen on the portal").endswith(": seen on the portal")
        assert told_again("RuntimeError: no answer") == "RuntimeError: no answer"


def test_in_english_it_is_as_it_is_stored(app: Flask):
    with app.test_request_context():
        assert told_again("needs review") == "needs review"


def test_the_page_of_a_delivery_tells_it(app: Flask, cast, as_person):
    ticket = ticket_in(cast, "assigned")
    page = as_person(cast.admin).get(f"/admin/tickets/{ticket.id}", headers=ARABIC).text
    assert "باختيار Admin Person." in page
