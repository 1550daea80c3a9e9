"""Languages: which one a page speaks, that both are complete, and that nothing is said that no catalogue knows."""

import ast
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import Environment, nodes

from app import language
from app.config import ROOT
from app.domain import people
from app.domain.money import spoken
from app.extensions import db
from app.models import EventLog, Person
from app.views import formats, script_words
from app.views.told_again import told_again
from gateway import refusals
from scripts import messages
from tests.factories import order_in

TEMPLATES = ROOT / "templates"
# All but another company's pages, the contract's page, and what is yet to be done.
NOT_YET: tuple[str, ...] = ()
DONE = sorted(
    path.relative_to(TEMPLATES)
    for path in TEMPLATES.rglob("*.html")
    if path.relative_to(TEMPLATES).parts[0] not in ("simulator", "api", *NOT_YET)
)
OTHERS = [code for code in language.LANGUAGES if code != language.SOURCE]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


@pytest.fixture
def backend():
    return "sqlite"


# -- Catalogues ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def marked():
    return messages.marked()


@pytest.fixture(scope="module", params=OTHERS)
def catalogue(request):
    """Of every text, by its context and (first) form, what is said for it in each file."""
    said: dict[tuple[str | None, str], list] = {}
    for path in language.files(request.param):
        for message in messages.read(path, request.param):
            said.setdefault((message.context, first(message.id)), []).append(message)
    return said


def first(id):
    return id if isinstance(id, str) else id[0]


def forms(message):
    return [message.string] if isinstance(message.string, str) else list(message.string)


def test_every_text_that_is_marked_is_said(marked, catalogue):
    assert len(marked) > 300
    missing = {id for context, id in marked if (context, first(id)) not in catalogue}
    assert missing == set(), "run `make messages`, then say them"


def test_every_text_of_a_script_is_found_by_the_catalogue(marked):
    known = {first(id) for _, id in marked}
    said = {
        text
        for script in (ROOT / "static" / "js").rglob("*.js")
        for pattern in (script_words._SAID, script_words._COUNTED)
        for texts in script_words._texts(pattern, script.read_text())
        for text in texts[:1]
    }
    assert len(said) > 30
    assert said - known == set(), "one t() inside of another is not found"


def test_no_text_is_marked_where_it_is_not_found():
    """Inside of an f-string nothing is collected."""
    hidden = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in (ROOT / "app").rglob("*.py")
        for string in ast.walk(ast.parse(path.read_text()))
        if isinstance(string, ast.JoinedStr)
        for node in ast.walk(string)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"_", "_l", "N_"}
    ]
    assert hidden == []


def test_every_text_is_said_in_all_its_forms(catalogue):
    empty = [message.id for said in catalogue.values() for message in said if not all(forms(message))]
    assert empty == []


def test_what_is_counted_has_as_many_forms_as_the_language(catalogue):
    wrong = [
        message.id
        for said in catalogue.values()
        for message in said
        if not isinstance(message.id, str) and len(forms(message)) != 6
    ]
    assert wrong == []


def test_what_is_said_keeps_the_values(catalogue):
    """A form for nothing, for one or for two of something may leave out how many; nothing else may be lost or added."""
    wrong = []
    for said in catalogue.values():
        for message in said:
            wanted = set(PLACEHOLDER.findall("".join([message.id] if isinstance(message.id, str) else message.id)))
            counts = {"%(num)s", "%(n)s", "%(num)d"} if not isinstance(message.id, str) else set()
            for form in forms(message):
                if not wanted - counts <= set(PLACEHOLDER.findall(form)) <= wanted:
                    wrong.append((message.id, form))
    assert wrong == []


def test_two_files_that_say_the_same_text_agree(catalogue):
    assert [id for id, said in catalogue.items() if len({tuple(forms(message)) for message in said}) > 1] == []


def test_the_gateways_refusals_are_those_that_the_scripts_say():
    source = (ROOT / "static" / "js" / "live.js").read_text()
    known = dict(re.findall(r'^  (\d{4}): t\("([^"]+)"\),$', source, re.MULTILINE))
    told = {str(refusal.code): refusal.message.removesuffix(" Log in again.") for refusal in refusals.ALL}
    assert known
    assert known.items() <= told.items()


# -- Templates -------------------------------------------------------------------------------------------------------

SAID_BY = {"_", "gettext", "ngettext", "pgettext"}
# Attributes that people read or hear.
SPOKEN = {"alt", "aria-label", "placeholder", "title", "data-over"}
# Names, which are the same in any language.
NAME = re.compile(r"\bpassline\b", re.IGNORECASE)
# Blocks that are classes of an element.
CLASSES = {"body_class", "main_class"}
LETTERS = re.compile(r"[A-Za-z]{2}")
# Beside code (classes, urls, codes) the texts of expressions are those that begin like a sentence.
SENTENCE = re.compile(r"^[A-Z][a-z]+(?:[ ,.!?…:]|$)|^[A-Za-z]+ [a-z]+ .*[.?…]$")


class Texts(HTMLParser):
    """What a page says as it stands: its texts, and the attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.silent = False

    def handle_starttag(self, tag, attributes):
        self.silent = tag in ("script", "style")
        self.found += [value for name, value in attributes if name in SPOKEN and value and LETTERS.search(value)]

    def handle_endtag(self, tag):
        self.silent = False

    def handle_data(self, data):
        if not self.silent and LETTERS.search(data):
            self.found.append(data.strip())


def unmarked(source: str) -> list[str]:
    tree = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(source)
    page: list[str] = []
    sentences: list[str] = []
    walk(tree, page, sentences)
    texts = Texts()
    # An element whose name an expression says is one, too.
    texts.feed(re.sub(r"<(/?)(?=[ >])", r"<\1any", "".join(page)))
    return [text for text in texts.found if LETTERS.search(NAME.sub("", text))] + sentences


def walk(node, page, sentences):
    """Gather the page's own text in order, and the texts inside of expressions that nothing marks."""
    if isinstance(node, nodes.TemplateData):
        page.append(node.data)
    elif page and page[-1].endswith(("<", "</")):
        # An element that is named by an expression.
        page.append("x")
    elif isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in SAID_BY:
        for child in node.kwargs:
            walk(child, page, sentences)
    elif isinstance(node, nodes.Const):
        if isinstance(node.value, str) and SENTENCE.search(node.value):
            sentences.append(node.value)
    elif not isinstance(node, nodes.Compare | nodes.Getitem) and getattr(node, "name", "") not in CLASSES:
        for child in node.iter_child_nodes():
            walk(child, page, sentences)


@pytest.mark.parametrize("template", DONE, ids=str)
def test_a_template_says_nothing_unmarked(template: Path):
    assert unmarked((TEMPLATES / template).read_text()) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>{{ name }} is here</p>", ["is here"]),
        ('<a aria-label="The way back">{{ _("Back") }}</a>', ["The way back"]),
        ('{{ button("btn btn-primary", "Set it up") }}', ["Set it up"]),
        ('{% if open %}Open{% else %}{{ _("Closed") }}{% endif %}', ["Open"]),
        ('<{{ "a" if href else "i" }} class="pl-soft">{{ _("Here") }}</{{ "a" if href else "i" }}>', []),
        ('<p class="pl-soft">{% trans %}All is well{% endtrans %}{{ icon("check") }} · &nbsp;</p>', []),
    ],
)
def test_it_finds_what_is_not_marked(source, found):
    assert unmarked(source) == found


def test_no_style_says_a_word():
    styles = {path.name: path.read_text() for path in (ROOT / "static" / "css").glob("*.css")}
    said = {name: re.findall(r'content: "[^"]*[A-Za-z]{2}[^"]*"', style) for name, style in styles.items()}
    assert {name: words for name, words in said.items() if words} == {}


# -- Choosing --------------------------------------------------------------------------------------------------------


def spoken_by(answer) -> str:
    return re.search(r'<html lang="(\w+)" dir="(?:rtl|ltr)">', answer.text)[1]


@pytest.mark.parametrize(
    ("header", "expected"),
    [("", "en"), ("ar", "ar"), ("ar-EG, en;q=0.5", "ar"), ("fr, en;q=0.7, ar;q=0.3", "en"), ("fr", "en"), ("*", "en")],
)
def test_a_stranger_reads_what_the_browser_asks_for(app: Flask, header, expected):
    assert spoken_by(app.test_client().get("/login", headers={"Accept-Language": header})) == expected


def test_what_a_stranger_chose_counts_more(app: Flask, csrf_off):
    browser = app.test_client()
    answer = browser.post("/language", data={"language": "ar", "next": "/login?next=/orders/"})
    assert (answer.status_code, answer.location) == (303, "/login?next=/orders/")
    assert spoken_by(browser.get("/login", headers={"Accept-Language": "en"})) == "ar"


def test_what_a_person_chose_counts_in_every_browser(app: Flask, cast, as_person, csrf_off):
    as_person(cast.customer).post("/language", data={"language": "ar"})
    db.session.expire_all()
    assert cast.customer.language == "ar"
    assert spoken_by(as_person(cast.customer).get("/account", headers={"Accept-Language": "en"})) == "ar"


def test_a_person_who_never_chose_reads_what_the_browser_asks_for(app: Flask, cast, as_person):
    assert spoken_by(as_person(cast.customer).get("/account", headers={"Accept-Language": "ar"})) == "ar"


def test_an_unknown_language_is_refused(app: Flask, cast, as_person, csrf_off):
    answer = as_person(cast.customer).post(
        "/language", data={"language": "tlh"}, headers={"Accept": "application/json"}
    )
    assert (answer.status_code, answer.json["errors"]) == (422, {"language": ["en, ar."]})
    assert cast.customer.language is None


def test_nobody_is_led_to_a_strangers_page(app: Flask, csrf_off):
    answer = app.test_client().post("/language", data={"language": "ar", "next": "//evil.example"})
    assert answer.location == "/"


def test_a_page_offers_the_other_language_and_the_way_back_to_itself(app: Flask):
    page = app.test_client().get("/login?next=/orders/").text
    assert '<input type="hidden" name="next" value="/login?next=/orders/">' in page
    assert re.findall(r'name="language" value="(\w+)"', page) == ["ar"]


def test_a_page_is_another_one_for_another_language(app: Flask):
    answer = app.test_client().get("/login", headers={"Accept-Language": "ar"})
    assert answer.headers["Content-Language"] == "ar"
    assert {"Accept-Language", "Cookie"} <= set(answer.vary)


def test_a_page_from_right_to_left_says_so_and_has_its_styles(app: Flask):
    page = app.test_client().get("/login", headers={"Accept-Language": "ar"}).text
    assert '<html lang="ar" dir="rtl">' in page
    assert "vendor/tabler.rtl.min.css" in page
    assert "css/rtl.css" in page


def test_an_english_page_has_neither(app: Flask):
    page = app.test_client().get("/login").text
    assert '<html lang="en" dir="ltr">' in page
    assert ".rtl." not in page
    assert "pl-words" not in page


def test_its_scripts_have_their_words(app: Flask):
    page = app.test_client().get("/login", headers={"Accept-Language": "ar"}).text
    assert '<script type="application/json" id="pl-words">{' in page
    with app.test_request_context("/login", headers={"Accept-Language": "ar"}):
        words = app.jinja_env.globals["script_words"]()
    assert words["Not sent"] == "لم يُرسل"


def test_a_page_that_is_drawn_while_the_database_is_away_speaks_as_the_browser_does(app: Flask, cast, as_person):
    people.speak(cast.customer, "en")
    browser = as_person(cast.customer)
    browser.set_cookie("lang", "ar")
    app.view_functions["health.healthz"], kept = lambda: 1 / 0, app.view_functions["health.healthz"]
    answer = browser.get("/healthz")
    app.view_functions["health.healthz"] = kept
    assert answer.status_code == 500
    assert spoken_by(answer) == "ar"


def test_where_nobody_asks_it_is_english(app: Flask):
    assert language.current() == "en"
    assert language.gettext("Cash") == "Cash"


# -- What is refused, and how things are written ---------------------------------------------------------------------

ARABIC = {"Accept-Language": "ar"}


def test_a_refusal_is_said_in_the_language_of_the_page(app: Flask):
    assert "لا شيء هنا" in app.test_client().get("/nowhere", headers=ARABIC).text


def test_a_programs_refusal_keeps_its_code(app: Flask):
    answer = app.test_client().get("/api/orders", headers=ARABIC)
    assert (answer.json["code"], answer.json["detail"]) == ("not_authenticated", "سجّل الدخول أولًا.")


def test_what_is_stored_in_english_is_retold_with_its_values(app: Flask):
    stored = "Nearest of 3 free drivers: 2.4 km from the restaurant."
    with app.test_request_context(headers=ARABIC):
        assert told_again(stored) == "الأقرب بين السائقين المتفرّغين (3): 2.4 كم من المطعم."
        once = "A callback told of receipt A1; M-Pesa did not confirm it when asked."
        twice = f"Half an hour without an answer.\nThen: {once}"
        assert told_again(twice) == (
            "نصف ساعة بلا جواب.\nثم: ذكرت معاودة الاتصال الإيصال A1؛ ولم تؤكده M-Pesa حين سُئلت."
        )
        assert told_again("A reason of another year.") == "A reason of another year."


def test_a_driver_reads_why_they_are_off_duty(app: Flask, cast, as_person):
    answer = as_person(cast.driver).get("/api/driver/tickets", headers=ARABIC)
    assert answer.json["duty"] == {"on": False, "reason": None, "message": "أنت خارج الدوام."}


def test_a_form_says_what_is_missing_in_the_language_of_the_page(app: Flask, csrf_off):
    page = app.test_client().post("/login", data={"email": ""}, headers=ARABIC).text
    assert "أدخل بريدك الإلكتروني." in page
    assert ">كلمة المرور</label>" in page


def test_a_guest_follows_the_order_in_their_language(app: Flask, cast, as_person):
    order = order_in(cast, "preparing", fulfilment="pickup")
    page = as_person(cast.customer).get(f"/orders/{order.number}", headers=ARABIC).text
    assert "يجري التحضير في The First Table." in page
    assert f'<span class="pl-number">{order.number}</span>' in page
    assert order.status == "preparing"


def test_what_screens_are_told_stays_english(app: Flask, cast, as_person, csrf_off):
    order = order_in(cast, "placed")
    form = {"expected_version": order.version}
    as_person(cast.customer).post(f"/orders/{order.number}/cancellation", data=form, headers=ARABIC)
    told = [event.data for event in EventLog.query.filter_by(order_id=order.id, name="OrderStatusChanged")]
    assert '"label":"Cancelled"' in "".join(told)


@pytest.mark.parametrize(
    ("code", "money", "day", "age"),
    [
        ("en", "€12.50", "Sun 29 Nov", "12 min"),
        ("ar", "\N{RIGHT-TO-LEFT MARK}12.50\N{NO-BREAK SPACE}€", "الأحد 29 نوفمبر", "12 د"),
    ],
)
def test_money_days_and_times_are_written_as_the_language_does(app: Flask, code, money, day, age):
    with app.test_request_context(headers={"Accept-Language": code}):
        assert spoken(1250, "EUR") == money
        assert formats.day_name(datetime(2026, 11, 29, tzinfo=UTC).date()) == day
        assert formats.lasting(timedelta(minutes=12).total_seconds()) == age


def test_what_was_chosen_is_of_the_person_alone(app: Flask, cast):
    people.speak(cast.customer, "ar")
    assert [person.email for person in db.session.query(Person).filter(Person.language.is_not(None))] == [
        cast.customer.email
    ]
