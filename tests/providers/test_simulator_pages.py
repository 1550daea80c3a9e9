"""The simulators' pages without a script: a phone is answered and switches are set by forms; strangers are refused."""

import re

import pytest

from app.providers import sms
from tests.conftest import settings
from tests.providers.conftest import OTHER, PHONE
from tests.simulator import digits


@pytest.fixture
def page(simulator):
    """A page as a browser gets it."""

    def get(path):
        answer = simulator.client.get(simulator.url + path)
        assert answer.status_code == 200
        return answer.text

    return get


@pytest.fixture
def post(simulator):
    """A form that is posted from a page; where it leads."""

    def send(path, **form):
        headers = {"Origin": simulator.url}
        return simulator.client.post(simulator.url + path, data=form, headers=headers, follow_redirects=True)

    return send


def form_of(text):
    return re.search(r'name="checkout_request_id" value="([^"]+)"', text)[1]


def test_an_empty_phone_says_what_to_do(page):
    assert "Pay for an order with M-Pesa" in page("/phone")
    assert "No messages yet" in page("/sms")


def test_the_phone_asks_and_takes_the_pin(page, post, pushed, simulator):
    pushed(amount=1650)
    text = page("/phone")
    assert "KES 1,650" in text
    assert "Account 7K3MWQ2" in text
    paid = post("/phone/answer", checkout_request_id=form_of(text), pin="1234").text
    [receipt] = simulator.ledger()
    assert f"{receipt['receipt']} Confirmed. Ksh1,650.00 sent to Passline for account 7K3MWQ2" in paid
    assert "KES 98,350" in paid
    assert "data-prompt" not in paid


@pytest.mark.parametrize(
    ("form", "outcome"), [({"cancel": "1", "pin": ""}, "Cancelled"), ({"pin": "0000"}, "Wrong PIN")]
)
def test_any_other_answer_pays_nothing(page, post, pushed, simulator, form, outcome):
    pushed()
    text = post("/phone/answer", checkout_request_id=form_of(page("/phone")), **form).text
    assert f">{outcome}<" in text
    assert simulator.ledger() == []


def test_each_phone_has_a_page_of_its_own(page, pushed):
    pushed(PHONE, 10)
    pushed(OTHER, 20)
    assert "KES 10<" in page(f"/phone?number={digits(PHONE)}")
    assert "KES 20<" in page(f"/phone?number={digits(OTHER)}")


def test_text_messages_stand_on_their_phone_and_in_the_inbox(page, simulator):
    sms.send(simulator.settings(settings("sqlite:///:memory:"), None), PHONE, "Your code is <ABCD>")
    for path in ("/sms", f"/phone?number={digits(PHONE)}"):
        assert "Your code is &lt;ABCD&gt;" in page(path)


def test_switches_are_set_for_everybody_or_one_phone_and_set_back(page, post, simulator):
    post("/phone/switches", callbacks="twice", late_s="2")
    post("/phone/switches", of=digits(PHONE), callbacks="twice", late_s="30")
    told = simulator.get("/control")
    assert (told["switches"]["callbacks"], told["switches"]["late_s"]) == ("twice", 2)
    assert told["phones"][digits(PHONE)]["late_s"] == 30
    # What a phone does not differ in goes with everybody's.
    post("/phone/switches", callbacks="never", late_s="2")
    assert simulator.get("/control")["phones"][digits(PHONE)]["callbacks"] == "never"
    assert 'class="moved"' in page("/phone")
    post("/phone/switches", reset="1")
    assert simulator.get("/control") == {"phones": {}, "switches": simulator.get("/control")["switches"]}
    assert 'class="moved"' not in page("/phone")


def test_the_switches_of_messages_are_set_likewise(post, simulator):
    post("/sms/switches", send="refuse")
    assert simulator.get("/control/sms")["switches"]["send"] == "refuse"
    assert post("/sms/switches", send="perhaps").status_code == 422


def test_forms_of_other_sites_are_refused(simulator):
    answer = simulator.client.post(f"{simulator.url}/control/reset", json={}, headers={"Origin": "https://evil.test"})
    assert answer.status_code == 403


def test_it_answers_to_this_machines_names_alone(simulator):
    answer = simulator.client.get(f"{simulator.url}/phone", headers={"Host": "rebound.test"})
    assert answer.status_code == 400


def test_its_pages_load_nothing_from_elsewhere(page, simulator):
    answer = simulator.client.get(f"{simulator.url}/phone")
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    for path in ("/", "/phone", "/sms"):
        for address in re.findall(r'(?:href|src)="([^"]+)"', page(path)):
            assert address.startswith("/")
            if address == "/hotspot/":
                continue  # The access point reads a database, and this simulator has none.
            assert simulator.client.get(simulator.url + address).status_code == 200
