"""All reasons for a no."""

import re
from pathlib import Path

from gateway import refusals

ROOT = Path(__file__).resolve().parents[2]


def test_every_number_is_given_once():
    codes = [refusal.code for refusal in refusals.ALL]
    assert len(codes) == len(set(codes)) > 20


def test_only_what_may_pass_says_come_back():
    for refusal in refusals.ALL:
        if refusal.code < 3000:
            assert not refusal.retry
        elif refusal.code < 4000:
            assert refusal.retry


def test_every_reason_is_used():
    code = "".join(path.read_text() for path in (ROOT / "gateway").glob("*.py"))
    names = [name for name, value in vars(refusals).items() if isinstance(value, refusals.Refusal)]
    assert [name for name in names if len(re.findall(rf"\b{name}\b", code)) < 2] == []


def test_every_reason_with_which_the_domain_ends_an_access_is_known():
    sources = "".join(path.read_text() for path in (ROOT / "app").rglob("*.py"))
    reasons = set(re.findall(r'access\.end(?:_all)?\([^)]*reason="(\w+)"', sources))
    assert reasons
    assert reasons <= set(refusals._ENDED)
