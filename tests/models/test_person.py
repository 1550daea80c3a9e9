"""People's ids."""

from app.domain import probe


def test_an_id_is_never_given_twice(app):
    """Else the room `user.{id}` of one who was deleted would be the next one's."""
    first, _ = probe.make()
    probe.remove(first)
    second, _ = probe.make()
    assert second.id > first.id
