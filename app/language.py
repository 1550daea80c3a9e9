"""The languages of Passline, and what is said in each: catalogues are read as they stand in app/translations.

English is the source, and a text is its own key. What another language says stands in the .po files of its folder, one
for each audience; together they are one catalogue, read when a process first needs it, with no build in between
(`make messages` collects what is new). Which language a page speaks is chosen in views/language.py; where there is no
request, it is English. Texts are marked by `gettext as _` where they are said, by `lazy_gettext as _l` where they are
written down once for all requests, and by `N_` in tables, which stay English: what is stored and sent is not
translated, what is shown is, by the filter or the view that shows it.
"""

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, current_app, g, has_app_context
from flask_babel import Babel, Domain, force_locale
from flask_babel.speaklater import LazyString
from markupsafe import Markup

# Each in its own words, for whoever looks for it among others.
LANGUAGES = {"en": "English", "ar": "العربية"}
SOURCE = "en"
CATALOGUES = Path(__file__).parent / "translations"
_SPOKEN = "passline_language"


def N_(text: str) -> str:
    """`text`, for the catalogue; it is translated where it is shown."""
    return text


def gettext(text: str, **values: object) -> str:
    """`text` in the language at hand, with `values` in it: `_("%(n)s left", n=3)`."""
    said = translations(current()).gettext(text)
    return said % values if values else said


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """One or many of something; how many is among the values as `num`."""
    return translations(current()).ngettext(one, many, num) % {"num": num, **values}


def lazy_gettext(text: str, **values: object) -> Any:
    """The same as `gettext`, said anew each time it is shown: for what is written down once, as labels of forms are."""
    return LazyString(gettext, text, **values)


def choices(table: Mapping[str, str]) -> Callable[[], dict[str, str]]:
    """The words of a table for the field of a form, in the language at hand."""
    return lambda: {code: gettext(text) for code, text in table.items()}


@contextmanager
def speaking(language: str | None) -> Iterator[None]:
    """Speak `language` for a while: to somebody who did not ask, by mail or text message. None, or unknown: English."""
    before = g.get(_SPOKEN)
    spoken = language if language in LANGUAGES else SOURCE
    setattr(g, _SPOKEN, spoken)
    try:
        # What flask_babel says for others, as the messages of WTForms.
        with force_locale(spoken):
            yield
    finally:
        setattr(g, _SPOKEN, before)


def current() -> str:
    """The language that is spoken now; English where nobody asks."""
    if not has_app_context():
        return SOURCE
    # Chosen once for each request: a page asks for each of its texts.
    spoken: str | None = getattr(g, _SPOKEN, None)
    return spoken or _choose()


def _choose() -> str:
    setattr(g, _SPOKEN, current_app.extensions[_SPOKEN]())
    return str(getattr(g, _SPOKEN))


def is_chosen() -> bool:
    """Whether anything was said in this context yet."""
    return _SPOKEN in g


def direction(language: str) -> str:
    """Which way `language` is written: `ltr` or `rtl`."""
    return str(Locale.parse(language).text_direction)


@cache
def files(language: str) -> tuple[Path, ...]:
    """The catalogue's files; English has none."""
    return tuple(sorted((CATALOGUES / language).glob("*.po")))


@cache
def translations(language: str) -> NullTranslations:
    """What `language` says for each text; where it has no words for one, the text itself."""
    if language == SOURCE:
        return NullTranslations()
    whole = Catalog(locale=language)
    for path in files(language):
        with path.open("rb") as file:
            part = read_po(file, locale=language)
        whole.mime_headers = part.mime_headers
        for message in part:
            if message.id:
                whole.add(message.id, message.string, context=message.context)
    compiled = io.BytesIO()
    write_mo(compiled, whole)
    compiled.seek(0)
    return Translations(compiled)


@cache
def examples(language: str) -> tuple[int, ...]:
    """A number for each of the forms in which `language` counts, in the catalogue's order."""
    form = translations(language).plural
    found: dict[int, int] = {}
    for n in range(200):
        found.setdefault(form(n), n)
    return tuple(found[place] for place in sorted(found))


class _Catalogues(Domain):  # type: ignore[misc]
    """Where others that ask flask_babel find what is said: in our files instead of compiled ones."""

    def get_translations(self) -> NullTranslations:
        return translations(current())


def init(app: Flask, choose: Callable[[], str]) -> None:
    """Let `app` speak the language that `choose` names, and its templates mark what they say."""
    app.extensions[_SPOKEN] = choose
    babel = Babel(app, default_locale=SOURCE, locale_selector=current, configure_jinja=False)
    babel.domain_instance = _Catalogues()
    app.jinja_env.add_extension("jinja2.ext.i18n")
    # Ours, and not the extension's own: a board has thousands of texts, and these look up each once.
    app.jinja_env.newstyle_gettext = True  # type: ignore[attr-defined]
    app.jinja_env.globals |= {"_": _said, "gettext": _said, "ngettext": _counted, "pgettext": _said_of}


def _said(text: str, /, **values: Any) -> Markup:
    return _filled(_markup(current(), text), values)


def _counted(singular: str, plural: str, n: int, /, **values: Any) -> Markup:
    return _filled(Markup(translations(current()).ngettext(singular, plural, n)), {"num": n, **values})  # noqa: S704


def _said_of(context: str, text: str, /, **values: Any) -> Markup:
    said = translations(current()).pgettext(context, text)
    return _filled(Markup(said), values)  # noqa: S704  (a text of ours, as HTML)


@lru_cache(maxsize=10_000)
def _markup(language: str, text: str) -> Markup:
    return Markup(translations(language).gettext(text))  # noqa: S704


def _filled(text: Markup, values: Mapping[str, Any]) -> Markup:
    return text % values if values or "%" in text else text
