"""What is stored in English, said in the language of the page: a sentence of ours with values in it, or a code.

A text that stands in the catalogue as it is, is looked up; one with values is known by the sentence that it was made
of, and its values are told again as well. What others wrote (a person, a provider) is nobody's sentence and stays.
"""

import re
from functools import cache

from app import language
from app.domain import dispatch
from app.language import N_
from app.language import gettext as _

_SENTENCES = (
    # First: each of its two is a sentence of its own.
    N_("%(before)s\nThen: %(then)s"),
    *dispatch.SENTENCES,
    N_("%(n)s m"),
    N_("%(n)s km"),
    N_("Its receipt %(receipt)s is that of payment %(n)s."),
    N_("This money was entered before, as payment %(n)s."),
    N_("A second receipt for the prompt of payment %(n)s."),
    N_("%(came)s came, %(asked)s were asked for."),
    N_("It was paid, then refused: %(words)s"),
    N_("M-Pesa said paid, then no: %(words)s"),
    N_("A callback with other ids than this attempt's told of receipt %(receipt)s."),
    N_("A callback told of receipt %(receipt)s; M-Pesa, when asked, said that it was not paid."),
    N_("A callback told of receipt %(receipt)s; M-Pesa did not confirm it when asked."),
    N_("A callback about payment %(n)s named the prompt of this one."),
    N_("A callback about it named the prompt of payment %(n)s."),
    N_("%(before)s. Confirmed by %(name)s, %(at)sZ: %(note)s"),
    N_("Confirmed by %(name)s, %(at)sZ: %(note)s"),
    N_("%(before)s. Denied by %(name)s, %(at)sZ: %(note)s"),
    N_("Denied by %(name)s, %(at)sZ: %(note)s"),
)
# Whole texts and codes that stand on pages as they are stored, and are marked nowhere else.
_WHOLE = (
    N_("M-Pesa never said whether it took the request, and no callback could be confirmed yet."),
    N_("M-Pesa says that it was paid, but no receipt came."),
    N_("Half an hour without an answer."),
    N_("M-Pesa said no, and did not confirm it when asked."),
    N_("It was refused first, then paid."),
    N_("It was doubted first, then paid."),
    N_("It was refused first; asked again, M-Pesa says paid."),
    N_("M-Pesa says that it was paid, and names no receipt."),
    N_("A callback named other ids than this attempt's."),
    N_("A callback named another prompt than the one that M-Pesa says it made."),
    N_("A callback said that it was not paid; M-Pesa, when asked, said that it was."),
    N_("distance not known"),
    # Of an order's money, of payments and of passes.
    N_("unpaid"),
    N_("paid"),
    N_("refunding"),
    N_("refunded"),
    N_("initiated"),
    N_("prompted"),
    N_("rejected"),
    N_("unknown"),
    N_("needs review"),
    N_("minted"),
    N_("active"),
    N_("expired"),
    N_("revoked"),
    # Of jobs.
    N_("waiting"),
    N_("running"),
    N_("done"),
    N_("dead"),
    N_("discarded"),
    N_("Default"),
    N_("Process payment"),
    N_("Query payment"),
    N_("Verify callback"),
    N_("Send credentials"),
    N_("Send mail"),
    N_("Disconnect hotspot user"),
)
_VALUE = re.compile(r"%\\\((\w+)\\\)s")


def told_again(text: str) -> str:
    """`text`, which is stored in English, in the language at hand; as it is, where it is no sentence of ours."""
    if language.current() == language.SOURCE:
        return text
    for sentence in _SENTENCES:
        if found := _pattern(sentence).fullmatch(text):
            return _(sentence, **{name: told_again(value) for name, value in found.groupdict().items()})
    return _(text) if text else text


@cache
def _pattern(sentence: str) -> re.Pattern[str]:
    """What a text that was made of `sentence` looks like; `n` is a number."""
    return re.compile(_VALUE.sub(_value, re.escape(sentence)), re.DOTALL)


def _value(found: re.Match[str]) -> str:
    name = found[1]
    return rf"(?P<{name}>[\d.,]+)" if name == "n" else rf"(?P<{name}>.+?)"
