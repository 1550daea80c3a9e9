"""Finding orders by how words begin; a page of them costs no more where very many begin so."""

import pytest
from sqlalchemy import select

from app.domain import order_search
from app.extensions import db
from app.models import Order
from tests.factories import place


@pytest.mark.parametrize(
    ("text", "words"),
    [("José  da-Silva", ["jose", "da", "silva"]), ("a X", []), ("Ana ana", ["ana"]), ("", []), ("李 小龙", ["小龙"])],
)
def test_words_are_compared_without_case_and_accents(text, words):
    assert order_search.words(text) == words


def test_an_order_is_found_by_its_number_its_names_and_its_phone():
    assert order_search.terms("K7M2QXA", "José Silva", "+351 91-000") == ["k7m2qxa", "jose", "silva", "+35191000"]


@pytest.fixture
def found(cast):
    """The numbers that a text finds, by each way of looking; they have to agree."""

    def look(text: str, before: int = 2**62, limit: int = 100) -> list[str]:
        query = select(Order).where(Order.id < before).order_by(Order.id.desc()).limit(limit)
        matching = [order.number for order in db.session.scalars(order_search.matching(query, text)).unique()]
        ids = order_search.newest(db.session, text, before=before, limit=limit)
        assert [db.session.get_one(Order, id).number for id in ids] == matching
        return matching

    return look


def test_the_newest_come_first(cast, found):
    numbers = [place(cast).order.number for _ in range(3)]
    assert found("cust") == numbers[::-1]


def test_a_page_ends_and_the_next_goes_on_below(cast, found):
    placed = [place(cast).order for _ in range(5)]
    assert found("customer", limit=2) == [placed[4].number, placed[3].number]
    assert found("customer", before=placed[3].id, limit=2) == [placed[2].number, placed[1].number]


def test_every_word_must_begin_something(cast, found):
    place(cast)
    both = place(cast, customer=cast.other_customer).order
    assert found("other cust") == [both.number]
    assert found("other nobody") == []


def test_no_word_finds_nothing(cast, found):
    place(cast)
    assert found("c !") == []


def test_a_short_number_is_no_phone(cast, found):
    order = place(cast).order
    assert found("35191") == [order.number]
    assert found("3519") == []


def test_many_terms_of_the_same_orders_hide_no_other_order(cast, found):
    """One guest whose many names begin alike fills the page of terms; older orders still come after theirs."""
    older = [place(cast, customer=cast.other_customer).order.number for _ in range(3)]
    cast.customer.name = " ".join(f"per{letter}" for letter in "abcdefghij")
    newer = [place(cast).order.number for _ in range(2)]
    assert found("per", limit=4) == [*newer[::-1], *older[:0:-1]]
