"""The stories of the demo's orders, held against the machine."""

from itertools import pairwise

import pytest

from app.contract.identity import Role
from app.demo import live
from app.demo.stories import PREPAID, STORIES, Story
from app.domain.actor import SYSTEM_ROLE
from app.domain.order_states import CANCELLATION_KINDS, EDGES, ENDS, LABELS, REASONS

PAST = STORIES + PREPAID
UNDER_WAY = tuple(story for _, _, story in live._UNDER_WAY)


def states(story: Story) -> list[str]:
    return [story.start, *(step.to for step in story.steps)]


def named(story: Story) -> str:
    return "-".join(states(story))


@pytest.mark.parametrize("story", PAST + UNDER_WAY, ids=named)
def test_it_walks_along_edges_that_exist(story):
    assert all(edge in EDGES for edge in pairwise(states(story)))


@pytest.mark.parametrize("story", PAST + UNDER_WAY, ids=named)
def test_it_is_walked_by_those_who_may(story):
    for edge, step in zip(pairwise(states(story)), story.steps, strict=True):
        assert step.role in EDGES[edge].roles


@pytest.mark.parametrize("story", PAST + UNDER_WAY, ids=named)
def test_it_says_why_where_a_reason_is_needed(story):
    for edge, step in zip(pairwise(states(story)), story.steps, strict=True):
        assert set(step.reasons) <= REASONS.keys()
        assert step.reasons or step.role not in EDGES[edge].reason
        assert all(step.notes) or step.role not in EDGES[edge].note
        assert step.notes or step.role not in EDGES[edge].note


@pytest.mark.parametrize("story", PAST, ids=named)
def test_it_has_come_to_an_end(story):
    assert states(story)[-1] in ENDS


@pytest.mark.parametrize("story", PAST + UNDER_WAY, ids=named)
def test_it_has_a_kind_of_cancellation_when_it_is_cancelled(story):
    assert (story.kind is not None) == (states(story)[-1] == "cancelled")


@pytest.mark.parametrize("story", [story for story in PAST if story.kind], ids=named)
def test_it_is_cancelled_by_whom_the_kind_names(story):
    by = {"declined": Role.VENDOR, "vendor": Role.VENDOR, "customer": Role.CUSTOMER, "admin": Role.ADMIN}
    assert story.steps[-1].role == by.get(story.kind, SYSTEM_ROLE)


def test_they_meet_every_state():
    assert {state for story in PAST for state in states(story)} == LABELS.keys()


def test_they_meet_every_kind_of_cancellation():
    assert {story.kind for story in PAST if story.kind} == set(CANCELLATION_KINDS)
