"""The trail in words: whatever the domain writes into it has some, in each language, and nothing else has."""

import ast
import re

import pytest

from app import language
from app.config import ROOT
from app.contract import rooms
from app.views import audit_words

DOTTED = re.compile(r"[a-z_]+\.[a-z_]+")
# The names of rooms are dotted, too.
ROOMS = {value for value in vars(rooms).values() if isinstance(value, str)}


def texts(source: str) -> set[str]:
    constants = (node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
    return {value for value in constants if isinstance(value, str)}


def written() -> set[str]:
    """What looks like an action in the modules that write the trail: some choose one first, or hand it on."""
    sources = [path.read_text() for path in (ROOT / "app" / "domain").glob("*.py")]
    found = set().union(*(texts(source) for source in sources if "audit.record(" in source))
    return {text for text in found if DOTTED.fullmatch(text)} - ROOMS


def test_every_action_has_words_and_no_words_are_left_over():
    actions, words = written(), audit_words._WORDS
    assert len(actions) > 40
    assert words.keys() - actions == set()
    assert {audit_words._read_off(action) for action in actions - words.keys()} == set(audit_words._READ_OFF)


@pytest.mark.parametrize("spoken", [code for code in language.LANGUAGES if code != language.SOURCE])
def test_every_action_is_said_in_each_language(sqlite_app, spoken):
    with language.speaking(spoken):
        said = {action: audit_words.audit_words(action) for action in written()}
    assert [action for action, words in said.items() if re.search(r"[A-Za-z]{2}", words)] == []
