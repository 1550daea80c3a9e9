"""What the scripts of a page say, in its language: the texts that static/js marks (words.js), with their words.

Which texts there are is read off the scripts when a process first needs it: those of all pages, and beside them those
of the page's own audience, whose scripts have a folder of that name.
"""

import json
import re
from functools import cache
from pathlib import Path

from flask import current_app, request

from app import language

_STRING = r'"((?:[^"\\]|\\.)*)"'
_SAID = re.compile(rf"\bt\(\s*{_STRING}")
_COUNTED = re.compile(rf"\btn\(\s*{_STRING},\s*{_STRING}")


def of_page() -> dict[str, str | list[str]]:
    """The words for the page at hand; none where it is English, which the scripts have themselves."""
    spoken = language.current()
    if spoken == language.SOURCE:
        return {}
    return _words(spoken, Path(current_app.static_folder or "") / "js", request.blueprint or "")


@cache
def _words(spoken: str, folder: Path, audience: str) -> dict[str, str | list[str]]:
    said = language.translations(spoken)
    words: dict[str, str | list[str]] = {}
    for script in [*sorted(folder.glob("*.js")), *sorted((folder / audience).glob("*.js") if audience else ())]:
        source = script.read_text(encoding="utf-8")
        words |= {text: said.gettext(text) for (text,) in _texts(_SAID, source)}
        for one, many in _texts(_COUNTED, source):
            words[one] = [said.ngettext(one, many, n) for n in language.examples(spoken)]
    return words


def _texts(pattern: re.Pattern[str], source: str) -> list[tuple[str, ...]]:
    return [tuple(json.loads(f'"{text}"') for text in found.groups()) for found in pattern.finditer(source)]
