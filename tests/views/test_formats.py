"""What the templates' filters say."""

from datetime import timedelta

import pytest

from app.contract.times import now
from app.domain.ticket_states import LABELS
from app.views.formats import age, lasting


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-3, "0 s"), (59.9, "59 s"), (60, "1 min"), (3599, "59 min"), (3900, "1 h 05"), (200_000, "2 d")],
)
def test_it_says_how_long_it_lasts(seconds, words):
    assert lasting(seconds) == words


def test_an_age_is_counted_from_now():
    assert age(now() - timedelta(minutes=5)) == "5 min"


def test_every_state_of_a_delivery_has_its_badge(sqlite_app):
    badge = sqlite_app.jinja_env.get_template("_macros.html").module.delivery_state
    with sqlite_app.test_request_context():
        for status, label in LABELS.items():
            assert f'data-state="{status}"' in badge(status)
            assert label in badge(status)
