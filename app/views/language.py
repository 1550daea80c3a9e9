"""Which language a page speaks, and the form that changes it.

It is the person's own (an admin who acts as somebody keeps theirs); of a stranger what they chose in this browser, else
the best that the browser asks for. The choice stands in the person's row, and beside it in a cookie, for the pages
before the log-in and for those that are drawn while the database is away.
"""

from flask import Blueprint, Flask, Response, current_app, g, has_request_context, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app import language
from app.domain import people
from app.errors import Invalid
from app.language import gettext as _

from . import script_words
from .local_paths import local_path

bp = Blueprint("language", __name__)
COOKIE = "lang"
_YEAR = 365 * 86400


def register(app: Flask) -> None:
    """Let `app` speak the language of whoever asks."""
    language.init(app, chosen)
    app.after_request(_say_which)
    app.jinja_env.globals |= {
        "LANGUAGES": language.LANGUAGES,
        "language": language.current,
        "direction": lambda: language.direction(language.current()),
        "script_words": script_words.of_page,
    }
    app.register_blueprint(bp)


def chosen() -> str:
    """The language of whoever asks; English where nobody does."""
    if not has_request_context():
        return language.SOURCE
    return _of_person() or _of_browser()


def ask_nobody() -> None:
    """Choose without asking the database who it is, from here on: it may be what broke."""
    g.language_of_nobody = True


@bp.post("/language")
def change() -> ResponseReturnValue:
    """Speak another language from now on, and show the page again."""
    wanted = request.form.get("language", "")
    if wanted not in language.LANGUAGES:
        offered = ", ".join(language.LANGUAGES)
        raise Invalid(_("Passline does not speak this language."), errors={"language": [f"{offered}."]})
    if current_user.is_authenticated:
        people.speak(current_user.acted_by or current_user, wanted)
    answer = current_app.make_response(redirect(local_path(request.form.get("next")), 303))
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    answer.set_cookie(COOKIE, wanted, max_age=_YEAR, secure=secure, httponly=True, samesite="Lax")
    return answer


def _of_person() -> str | None:
    if "language_of_nobody" in g or not current_user.is_authenticated:
        return None
    person = current_user.acted_by or current_user
    return person.language if person.language in language.LANGUAGES else None


def _of_browser() -> str:
    kept = request.cookies.get(COOKIE)
    if kept in language.LANGUAGES:
        return kept
    # Not the library's best match: for "ar-EG, en;q=0.5" that is English, which it finds letter for letter.
    wanted = (tag.partition("-")[0].lower() for tag, quality in request.accept_languages if quality > 0)
    return next((tag for tag in wanted if tag in language.LANGUAGES), language.SOURCE)


def _say_which(response: Response) -> Response:
    """What is drawn in a language is another page for a browser that asks for another."""
    if response.mimetype == "text/html" and language.is_chosen():
        response.content_language.add(language.current())
        response.vary.update(("Accept-Language", "Cookie"))
    return response
