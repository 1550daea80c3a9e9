"""Collects the texts that code, templates and scripts mark, into the catalogues of app/translations (`make messages`).

A text that a catalogue of the language has stays where it is; a new one goes to the file of the audience in whose
folders alone it is used, else to shared.po, with nothing said for it yet. What nobody says any more goes. No line
numbers, no guesses, sorted: a change of a page changes only the lines of its own texts.
"""

import ast
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, check_and_call_extract_file, extract_python
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from app.language import CATALOGUES, LANGUAGES, SOURCE, files  # noqa: E402

# `t` and `tn` are JavaScript's (static/js/words.js).
KEYWORDS = {**DEFAULT_KEYWORDS, "_l": None, "lazy_gettext": None, "lazy_ngettext": (1, 2), "t": None, "tn": (1, 2)}
SHARED = "shared"
# Folder -> whose catalogue its texts are in.
AUDIENCES = {"admin": "admin", "customer": "customer", "driver": "driver", "vendor": "vendor", "wifi": "customer"}
# Of languages whose rule is another than what the library knows; the order is that of Intl.PluralRules in words.js.
PLURALS = {
    "ar": "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5)",
}

Id = str | tuple[str, ...]
Key = tuple[str | None, Id]


def refusals(file: Any, keywords: Any, comments: Any, options: Any) -> Iterator[tuple[int, str, Any, list[str]]]:
    """An extractor for app/errors.py: the docstring of a refusal is what it says."""
    source = file.read()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef) and (said := ast.get_docstring(node)):
            yield node.lineno, "_", said, []
    yield from extract_python(io.BytesIO(source), keywords, comments, options)


def marked() -> dict[Key, set[str]]:
    """Every text that is marked, as (context, id), with the files where it stands."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found: dict[Key, set[str]] = {}
    for folder in ("app", "templates", "static/js"):
        for path in sorted((ROOT / folder).rglob("*.*")):
            texts = check_and_call_extract_file(path, methods, options, None, KEYWORDS, (), False, dirpath=ROOT)
            for name, _line, text, _comments, context in texts:
                found.setdefault((context, text), set()).add(name)
    return found


def audience(places: set[str]) -> str:
    """Whose catalogue a new text goes to, by the files where it stands."""
    folders = {next((AUDIENCES[part] for part in Path(place).parts if part in AUDIENCES), SHARED) for place in places}
    return folders.pop() if len(folders) == 1 else SHARED


def update(language: str, found: dict[Key, set[str]]) -> tuple[int, int]:
    """Bring the catalogue of `language` up to `found`; how many texts are new, and how many went."""
    known: dict[Key, tuple[str, Message]] = {}
    for path in sorted(files(language), key=lambda path: path.stem != SHARED):
        for message in read(path, language):
            known.setdefault((message.context, message.id), (path.stem, message))
    kept: dict[str, Catalog] = {}
    for key, places in found.items():
        name, message = known.get(key) or (audience(places), Message(key[1], context=key[0]))
        kept.setdefault(name, Catalog(locale=language))[key[1]] = message
    for name, catalogue in kept.items():
        write(CATALOGUES / language / f"{name}.po", catalogue, language)
    for path in files(language):
        if path.stem not in kept:
            path.unlink()
    return len(found.keys() - known.keys()), len(known.keys() - found.keys())


def read(path: Path, language: str) -> list[Message]:
    """The texts of one file."""
    with path.open("rb") as file:
        return [message for message in read_po(file, locale=language) if message.id]


def write(path: Path, catalogue: Catalog, language: str) -> None:
    """One file, with a header that says only what reading it needs: no dates, no names."""
    out = io.BytesIO()
    write_po(out, catalogue, width=100, no_location=True, omit_header=True, sort_output=True)
    header = [f"Language: {language}", "Content-Type: text/plain; charset=utf-8", f"Plural-Forms: {PLURALS[language]}"]
    lines = "".join(f'"{line}\\n"\n' for line in header)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'msgid ""\nmsgstr ""\n{lines}\n{out.getvalue().decode().strip()}\n', encoding="utf-8")


def main() -> None:
    found = marked()
    for language in LANGUAGES:
        if language != SOURCE:
            new, gone = update(language, found)
            print(f"{language}: {len(found)} texts, {new} new, {gone} gone")


if __name__ == "__main__":
    main()
