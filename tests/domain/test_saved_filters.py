"""An admin's own filters: one of each name."""

from app.domain import saved_filters
from app.extensions import db
from app.models import Person, SavedFilter
from tests.at_once import behind


def test_two_of_one_name_at_once_are_one_and_the_second_counts(app, cast):
    admin_id = cast.admin.id

    def saved(query):
        return lambda: saved_filters.save(db.session.get_one(Person, admin_id), "Mine", query).id

    kept_id = behind(app, saved("status=placed"), saved("status=accepted"))
    assert [(row.id, row.query) for row in db.session.query(SavedFilter).populate_existing()] == [
        (kept_id, "status=accepted")
    ]
